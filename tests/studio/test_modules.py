"""The page's modules in one script."""

import pytest

from throughtime.studio import export
from throughtime.studio.modules import Modules


def write(folder, **modules):
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text)
    return folder


def test_modules_stand_before_those_that_use_them(tmp_path):
    write(
        tmp_path,
        a='import { b, c as d } from "./b.js";\nimport {\n  e,\n} from "./e.js";\nb(d, e);\n',
        b='import { e } from "./e.js";\nexport function b() {}\nexport const c = e;\n',
        e="export class e {}\nexport async function f() {}\nfunction own() {}\n",
    )
    joined = Modules(tmp_path).script("a.js")
    assert "import" not in joined.replace('"important"', "")
    assert "export" not in joined
    places = [joined.index(f'modules["{name}.js"] =') for name in "eba"]
    assert places == sorted(places)
    assert 'const { b, c: d } = modules["b.js"];' in joined
    assert "return { e, f };" in joined


@pytest.mark.parametrize(
    "text",
    [
        'import * as b from "./b.js";',
        'import "./b.js";',
        "export default 1;",
        "export let a = 1;",
        "export { a };",
        "const a = `\n`;",
    ],
)
def test_what_is_not_known_is_refused(tmp_path, text):
    write(tmp_path, a=text, b="")
    with pytest.raises(ValueError, match=r"a\.js: cannot join"):
        Modules(tmp_path).script("a.js")


def test_what_several_scripts_use_stands_in_one_of_them(tmp_path):
    write(
        tmp_path,
        page='import { a } from "./a.js";\nimport { own } from "./own.js";\na(own);\n',
        worker='import { a } from "./a.js";\nonmessage = a;\n',
        a="/** What both do. */\nexport function a() {\n  // nothing\n  return 1;\n}\n",
        own="export const own = 1;\n",
    )
    modules = Modules(tmp_path)
    below = modules.below("worker.js")
    assert (
        below
        == 'const modules = {};\nmodules["a.js"] = (() => {\nfunction a() {\nreturn 1;\n}\n\nreturn { a };\n})();\n'
    )
    worker, page = modules.script("worker.js"), modules.script("page.js")
    assert ('modules["a.js"] =' in worker, 'modules["a.js"] =' in page, 'modules["own.js"] =' in page) == (0, 0, 1)


def test_a_circle_is_refused(tmp_path):
    write(tmp_path, a='import { b } from "./b.js";', b='import { a } from "./a.js";')
    with pytest.raises(ValueError, match="import each other"):
        Modules(tmp_path).script("a.js")


def test_the_page_stands_in_one_file():
    frames = [f'{{"step":{step},"text":"</script><!--"}}' for step in range(100)]
    page = export.page(frames, history=[], settings={}, title="a <b>")
    assert page.count("</script>") == 3  # the record, what stands below, and the page's own
    assert "<title>a &lt;b></title>" in page
    assert '"step":0,' in page
    assert '"step":99,' in page
    assert page.count('"step":') <= export.MOST_FRAMES
    assert "unsafe" not in page[: page.index("<title>")]


def test_types_within_a_line_are_left_out_unless_they_may_stand_in_a_text(tmp_path):
    write(tmp_path, a='const a = /** @type {any} */ (b); c("d", /** @type {string} */ (e));\n')
    assert 'const a = (b); c("d", (e));' in Modules(tmp_path).script("a.js")
    write(tmp_path, a='const a = "/** @type {any} */ b";\n')
    with pytest.raises(ValueError, match=r"a\.js: cannot leave out '/\*\* @type {any} \*/ '"):
        Modules(tmp_path).script("a.js")
