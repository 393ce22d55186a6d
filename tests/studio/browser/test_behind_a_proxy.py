"""The studio behind a reverse proxy: under another name and below a path, in a page and in a notebook's frame."""

import http.client
import os
import socket
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import pytest
from forwarder import Forwarder, served
from running import studio
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route

from conftest import Watched
from throughtime.studio import serving

HOST = "hub.localhost"  # browsers lead every name that ends so to this machine
WAYS = {
    "as JupyterHub": {},
    "with the whole path": {"whole": True},
    "as nginx": {"names_itself": False},
}


@contextmanager
def shown(folder, **how):
    """A studio and the proxy in front of it: the address that was printed, and its own port."""
    # none of those that systems give to connections, nor another worker's: it is free until the studio has it
    with serving.listen("127.0.0.1", 19900 + 10 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])) as free:
        port = free.getsockname()[1]
    with closing(socket.create_server(("127.0.0.1", 0))) as bound:
        prefix = f"/user/me@work/proxy/{port}"
        address = f"http://{HOST}:{bound.getsockname()[1]}{prefix.replace('@', '%40')}/"
        frame = f'<link rel="icon" href="data:,"><iframe src="{address}" width="1400" height="900"></iframe>'
        forwarder = Forwarder(prefix, port, **how)
        app = Starlette(routes=[Route("/notebook", lambda request: HTMLResponse(frame)), Mount("/", forwarder.app)])
        with served(app, bound), studio(folder, "--port", port, "--behind", address) as running:
            assert running.url.startswith(f"{address}?token=")
            yield running, port


@pytest.mark.parametrize("how", WAYS.values(), ids=WAYS)
def test_a_network_learns_behind_a_proxy(chromium, tmp_path, how):
    with shown(tmp_path, **how) as (running, _):
        one = Watched(chromium, accept_downloads=True)
        page = one.page
        page.goto(running.url)
        page.wait_for_selector("[data-array=x]")
        assert "token" not in page.url
        page.get_by_role("button", name="▶ Train").click()
        page.wait_for_function("() => /[1-9]/.test(document.querySelector('[data-counter=step]').textContent)")
        page.reload()  # with the cookie alone
        page.wait_for_selector("[data-array=x]")
        for path in ("export", "lesson"):
            assert page.evaluate("async path => (await fetch(path)).status", path) == 200
        (cookie,) = one.context.cookies()
        assert (cookie["path"], cookie["httpOnly"]) == (urlsplit(running.base).path + "/", True)
        asked = {url.partition("?")[0] for url in one.requests if not url.startswith(("data:", "blob:"))}
        assert all(url.startswith((running.base, running.base.replace("http:", "ws:"))) for url in asked)
        assert running.base.replace("http:", "ws:") + "/ws" in asked
        assert not one.complaints
        one.context.close()


def test_a_notebook_s_frame_shows_it(chromium, tmp_path):
    with shown(tmp_path) as (running, _):
        one = Watched(chromium)
        one.page.goto(running.url)
        one.page.wait_for_selector("[data-array=x]")
        one.page.goto(f"http://{urlsplit(running.base).netloc}/notebook")
        one.page.frame_locator("iframe").locator("[data-array=x]").first.wait_for()
        assert not one.complaints
        one.context.close()


def test_other_names_are_refused_through_it_and_beside_it(tmp_path):
    with shown(tmp_path) as (running, port):
        proxy = urlsplit(running.base)

        def asked(where, path, **headers):
            with closing(http.client.HTTPConnection(*where, timeout=240)) as connection:
                connection.request("GET", f"{path}?token={running.token}", headers=headers)
                with connection.getresponse() as answer:
                    return answer.status

        through, beside = ("127.0.0.1", proxy.port), ("127.0.0.1", port)
        for where, path in ((through, f"{proxy.path}/"), (beside, "/"), (beside, f"{proxy.path}/")):
            assert asked(where, path, Host=proxy.netloc) == 200
            assert asked(where, path, Host=proxy.netloc, Origin=f"http://{proxy.netloc}") == 200
            for refused in (
                {"Host": "evil.example"},
                {"Host": HOST},  # without its port
                {"Host": f"evil.{proxy.netloc}"},
                {"Host": proxy.netloc, "Origin": "http://evil.example"},
                {"Host": proxy.netloc, "Origin": f"https://{proxy.netloc}"},
                {"Host": proxy.netloc, "Origin": "null"},
            ):
                assert asked(where, path, **refused) == 403, refused
        running.token = "wrong"
        assert asked(through, f"{proxy.path}/", Host=proxy.netloc) == 403
