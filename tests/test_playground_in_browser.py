"""The playground as somebody meets it, in JupyterLab: by mouse and by keyboard, wide and narrow, light and dark.

One page serves all tests, in their order: each begins with what the one before has left.
"""

import os
import re
from pathlib import Path

import pytest
from browser import choose_theme, open_notebook, run_all, serious, wait_until

SHOW = "from course_utils import playground; playground.show()"
A = ".playground section >> nth=0"
COLOURS = """canvas => {
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set(new Uint32Array(data.buffer));
    const has = (r, g, b) => seen.has(((255 << 24) | (b << 16) | (g << 8) | r) >>> 0);
    return {number: seen.size, generated: has(230, 159, 0), arrows: has(26, 26, 26)};
}"""


@pytest.fixture(scope="module")
def page(lab, browser):
    opened = open_notebook(browser, lab, "playground", SHOW, width=1300)
    run_all(opened)
    opened.locator(".playground canvas").first.wait_for()
    yield opened
    opened.close()


@pytest.fixture
def shot(page, request, tmp_path):
    yield
    folder = Path(os.environ.get("COURSE_SCREENSHOTS") or tmp_path)
    page.screenshot(path=folder / f"{request.node.name}.png")


def press(page, name):
    page.locator(".playground").get_by_role("button", name=name, exact=True).click()


def field(page, label):
    return page.locator(".playground").get_by_label(label, exact=True)


def heading(page, game=0):
    return page.locator(".playground h3").nth(game).inner_text()


def step(page, game=0):
    return int(heading(page, game).split("step ")[1].replace(",", ""))


def picture(page):
    return page.locator(".playground canvas").first.evaluate("canvas => canvas.toDataURL()")


def alert(page):
    return page.locator(".playground [role=alert]").inner_text()


def pause(page):
    """Pressed, and the last answer is there."""
    press(page, "⏸︎ Pause")
    press(page, "One step")
    settled(page)


def settled(page):
    """Nothing is on its way any more: the next code that is asked for comes after all that was asked before."""
    page.locator(".playground").evaluate("element => { element.querySelector('pre').textContent = '' }")
    code = page.locator(".playground summary", has_text="Show me the code")
    if page.locator(".playground details:has(pre)").get_attribute("open") is not None:
        code.click()
    code.click()
    wait_until(lambda: page.locator(".playground pre").text_content())
    page.evaluate("() => new Promise(requestAnimationFrame)")
    return page.locator(".playground pre").text_content()


def drawn(page):
    """How many points the data have, by the code."""
    latest = [line for line in settled(page).splitlines() if "points=" in line][-1]
    return len(re.findall(r"[(\[]-?[\d.]+, -?[\d.]+[)\]]", latest))


def test_a_plane_is_drawn_and_told(page, shot):
    seen = page.locator(".playground canvas").first
    wait_until(lambda: seen.evaluate(COLOURS)["number"] > 100)  # D's heat map
    assert seen.evaluate(COLOURS)["generated"] and not seen.evaluate(COLOURS)["arrows"]
    assert "step 0" in seen.get_attribute("aria-label") and "orange" in seen.get_attribute("aria-label")
    assert "JSD" in page.locator(".playground > p[aria-live=polite]").inner_text()
    field(page, "arrows").select_option("hinge")
    wait_until(lambda: seen.evaluate(COLOURS)["arrows"])
    field(page, "optimal D").check()
    page.locator(".playground canvas").nth(1).wait_for()
    field(page, "warped grid").check()
    page.locator(".playground figcaption", has_text="grid").first.wait_for()


def test_it_plays_pauses_and_goes_in_single_steps(page, shot):
    press(page, "▶︎ Play")
    wait_until(lambda: step(page) > 5)
    pause(page)
    at = step(page)
    press(page, "One step")
    wait_until(lambda: step(page) == at + 1)
    before = picture(page)
    press(page, "D alone")
    wait_until(lambda: picture(page) != before)
    assert step(page) == at + 1
    press(page, "Start again")
    wait_until(lambda: step(page) == 0)


def test_settings_change_while_it_plays(page, shot):
    field(page, "Speed").select_option("10 steps a frame")
    press(page, "▶︎ Play")
    wait_until(lambda: step(page) > 0)
    field(page, "loss").select_option("hinge")
    wait_until(lambda: "hinge" in heading(page))
    at = step(page)
    assert at > 0
    field(page, "learning rate, slider").press("ArrowRight")
    wait_until(lambda: step(page) > at)
    pause(page)
    assert 0.001 < float(field(page, "learning rate").input_value()) < 0.002
    assert field(page, "loss").input_value() == "hinge"
    field(page, "width ↻").fill("16")
    field(page, "width ↻").press("Enter")
    page.locator(".playground section p", has_text="width").wait_for()  # a note: it has started again
    assert step(page) == 0


def test_an_error_is_said_and_nothing_is_lost(page, shot):
    field(page, "D's moves a step").fill("1000")
    field(page, "D's moves a step").press("Tab")
    wait_until(lambda: "20" in alert(page))  # the most
    wait_until(lambda: field(page, "D's moves a step").input_value() == "1")
    field(page, "data").select_option("drawn")  # nothing is drawn yet
    wait_until(lambda: "draw some" in alert(page))
    wait_until(lambda: field(page, "data").input_value() == "ring")
    press(page, "One step")
    wait_until(lambda: step(page) == 1 and not alert(page))


def test_one_looks_back(page, shot):
    field(page, "Speed").select_option("10 steps a frame")
    press(page, "▶︎ Play")
    wait_until(lambda: step(page) > 20)
    moment = field(page, "Look back")
    moment.press("Home")  # it pauses
    wait_until(lambda: step(page) == 0)
    assert page.get_by_role("button", name="Play").is_visible()
    moment.press("End")
    wait_until(lambda: step(page) > 20)
    assert "now" in page.locator(".playground output").first.inner_text()


def test_own_data_by_mouse(page, shot):
    canvas = page.locator(".playground canvas").first
    press(page, "✎ Draw your own data")

    def stroke(*places):
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        across, down = ([(box["x"], box["y"])[axis] + p[axis] * box["width"] for p in places] for axis in (0, 1))
        page.mouse.move(across[0], down[0])
        page.mouse.down()
        for x, y in zip(across[1:], down[1:], strict=True):
            page.mouse.move(x, y, steps=4)
        page.mouse.up()

    stroke((0.3, 0.3), (0.7, 0.3), (0.7, 0.6))
    wait_until(lambda: "drawn" in heading(page))
    assert field(page, "data").input_value() == "drawn"
    first = drawn(page)
    assert 25 <= first <= 40  # a point every 2 % of the width
    stroke((0.3, 0.7), (0.5, 0.7))
    assert first + 5 <= drawn(page) <= first + 12
    press(page, "Clear")
    stroke((0.3, 0.7), (0.5, 0.7))
    assert drawn(page) <= 12
    press(page, "✎ Draw your own data")
    stroke((0.1, 0.1), (0.9, 0.9))  # it is switched off
    assert drawn(page) <= 12


def test_own_data_by_keyboard(page, shot):
    page.locator(".playground summary", has_text="Paste points").press("Enter")
    area = field(page, 'One "x, y" in each line')
    area.fill("0, 1\n1\t2\nx, y\n-1;0\n\n1 2 3\n")
    press(page, "Use these points")
    assert "line 3, 6" in alert(page)
    area.fill("0, 1\n1\t2\n-1;0\n\n0.5 0.5\n1,1")
    press(page, "Use these points")
    assert drawn(page) == 5
    assert alert(page) == ""


def test_a_preset_and_its_sentence(page, shot):
    preset = field(page, "Preset")
    name = preset.locator("option").nth(1).get_attribute("value")
    preset.select_option(name)
    sentence = page.locator(".playground section p").first
    wait_until(lambda: len(sentence.inner_text()) > 20)
    assert "import" in settled(page)


def test_two_games_side_by_side(page, shot):
    field(page, "Two games side by side").check()
    wait_until(lambda: page.locator(".playground section").count() == 2)
    field(page, "Settings of game").select_option("B")
    field(page, "loss").select_option("Wasserstein")
    wait_until(lambda: "differs in" in heading(page, 1) and "Wasserstein" in heading(page, 1))
    assert "Wasserstein" not in heading(page)
    field(page, "Settings of game").select_option("A")
    assert field(page, "loss").input_value() != "Wasserstein"
    press(page, "One step")
    wait_until(lambda: step(page, 0) == step(page, 1) == 1)


def test_a_flow_beside_the_exact_one_by_two_samplers(page, shot):
    field(page, "Two games side by side").uncheck()
    field(page, "model ↻").select_option("flow")
    wait_until(lambda: heading(page).startswith("A: flow"))
    field(page, "Two games side by side").check()
    field(page, "Speed").select_option("100")
    press(page, "▶︎ Play")
    wait_until(lambda: step(page) >= 300)
    pause(page)
    field(page, "Speed").select_option("1")
    field(page, "optimal D").uncheck()
    field(page, "exact velocity").check()
    field(page, "warped grid").check()
    field(page, "time").fill("0.6")
    field(page, "time").press("Enter")
    field(page, "Settings of game").select_option("B")
    field(page, "sampler").select_option("Heun")
    field(page, "steps of a sample").fill("5")
    field(page, "steps of a sample").press("Enter")
    wait_until(lambda: "differs in sampler Heun, steps of a sample 5" in heading(page, 1))
    visible = page.locator(".playground canvas:visible")
    wait_until(lambda: visible.count() == 4)
    for index in range(4):
        assert visible.nth(index).evaluate(COLOURS)["generated"]
    told = [visible.nth(index).get_attribute("aria-label") for index in range(4)]
    assert ["along the exact velocity" in words for words in told] == [False, True, False, True]
    assert all("exact density at t = 0.60" in words for words in told)
    assert "loss" not in page.locator(".playground fieldset:visible").all_inner_texts()[0]
    assert settled(page).count("ode_path(") == 2
    for name in ("exact velocity", "warped grid"):
        field(page, name).uncheck()
    for game in "BA":
        field(page, "Settings of game").select_option(game)
        field(page, "model ↻").select_option("GAN")
        wait_until(lambda game=game: heading(page, "AB".index(game)).startswith(f"{game}: GAN"))


def test_everything_by_keyboard_alone_with_a_focus_that_is_seen(page):
    page.locator(".playground button").first.focus()
    names = []
    for _ in range(60):
        seen = page.evaluate("""() => {
            const {activeElement: at} = document, inside = at.closest(".playground");
            return inside && [at.textContent.slice(0, 20) + (at.labels?.[0]?.textContent ?? ""),
                parseFloat(getComputedStyle(at).outlineWidth)];
        }""")
        if seen is None:
            break
        names.append(seen[0])
        page.keyboard.press("Tab")
        if len(names) > 1:
            assert seen[1] >= 2, seen  # the first was focused by the script
    told = " ".join(names)
    for control in ("One step", "G alone", "Speed", "Preset", "Look back", "loss", "arrows", "Paste", "Show me"):
        assert control in told
    page.locator(".playground button").first.focus()
    at = step(page)
    page.keyboard.press("Space")
    wait_until(lambda: step(page) > at)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Play").wait_for()
    speed = field(page, "Speed")
    speed.focus()
    page.keyboard.press("d"), page.keyboard.press("d")  # in JupyterLab this would delete the cell
    assert page.locator(".playground").count() == 1


def test_nobody_is_kept_out_in_light_and_dark_and_on_a_telephone(page, tmp_path):
    shots = Path(os.environ.get("COURSE_SCREENSHOTS") or tmp_path)
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        choose_theme(page, theme)
        assert not serious(page, ".playground")
        for canvas in page.locator(".playground canvas:visible").all():
            assert canvas.evaluate("canvas => canvas.width === canvas.clientWidth"), "it is drawn for another size"
        page.screenshot(path=shots / f"playground_{theme[-5:].strip()}.png")
    page.set_viewport_size({"width": 390, "height": 844})
    wait_until(lambda: page.locator(".playground canvas").first.bounding_box()["width"] < 390)
    too_wide = """element => [element, ...element.querySelectorAll("*")].filter(
        (one) => one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 100))"""
    assert page.locator(".playground").evaluate(too_wide) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=shots / "playground_telephone.png")
    assert "step" in page.locator(".playground canvas").first.get_attribute("aria-label")
