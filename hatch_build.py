"""Where the project is published: known to the workflow that releases it, not to a clone."""

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class Address(MetadataHookInterface):
    """Adds the links of the project, and makes those of its README lead there from a package index."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in what pyproject.toml declares as dynamic."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["urls"] = {}
        if repository := os.environ.get("GITHUB_REPOSITORY"):
            address = f"{os.environ['GITHUB_SERVER_URL']}/{repository}"
            metadata["urls"] = {
                "Source": address,
                "Documentation": f"{address}/tree/main/docs",
                "Changelog": f"{address}/blob/main/CHANGELOG.md",
                "Issues": f"{address}/issues",
            }
            version = f"v{metadata['version']}"
            text = re.sub(r'((?:src|srcset)="|!\[[^\]]*\]\()(?=docs/)', rf"\1{address}/raw/{version}/", text)
            text = re.sub(
                r"(\]\()(?=docs/|src/|tests/|[A-Z_]+\.md|pyproject\.toml)", rf"\1{address}/blob/{version}/", text
            )
            text = text.replace(
                "`pip install git+ADDRESS`, with the address of this repository", f"`pip install git+{address}`"
            )
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
