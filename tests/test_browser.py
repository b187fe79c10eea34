"""What a student sees and clicks, in JupyterLab itself: a board that grows, a stop, buttons, a slider, a film."""

from browser import choose_theme, run_all, serious, wait_until

BEGIN = """import torch
from course_utils import data, live, models, plots, training
"""
TRAIN = """torch.manual_seed(0)
pair = models.PointGenerator(latent_dim=2), models.PointDiscriminator()
run = training.train_gan(*pair, data.Ring().sample, steps=200_000, callbacks=[live.board()])
"""
SLIDER = """def curve(scale):
    x = torch.linspace(0, 3, 50)
    return plots.lines({"line": (x, scale * x)}, "x", "y", f"A line of slope {scale}.")

plots.interactive(curve, scale=(1, 9, 2))
"""
FILM = """film = plots.Film("Ten frames")
for k in range(10):
    film.add_scatter(torch.randn(50, 2), torch.randn(50, 2), f"step {k}")
film.show()
"""


def said(page):
    return page.locator("[role=group] p[aria-live]").last.inner_text()


def step_of(text):
    return int(text.split("Step ")[1].split(" of")[0].replace(",", ""))


def test_a_board_grows_stops_and_goes_on(opened):
    page = opened(BEGIN, TRAIN)
    run_all(page)
    page.locator("img[alt^='Real points are circles']").wait_for()
    first = page.locator("img[alt^='Real points']").get_attribute("src")
    wait_until(lambda: page.locator("img[alt^='Real points']").get_attribute("src") != first)
    assert page.locator("[role=group] svg[role=img]").count() >= 2
    assert page.locator("[role=group]").count() == 1  # one board, replaced and not repeated

    page.keyboard.press("Escape"), page.keyboard.press("i"), page.keyboard.press("i")  # the stop button's keys
    page.get_by_role("button", name="Go on").wait_for()
    page.locator("text=/Stopped after .* steps/").first.wait_for()
    at = step_of(said(page))
    page.get_by_role("button", name="One step").focus()
    page.keyboard.press("Enter")
    wait_until(lambda: step_of(said(page)) == at + 1)
    picture = page.locator("img[alt^='Real points']").get_attribute("src")
    page.get_by_role("button", name="G alone").click()
    wait_until(lambda: page.locator("img[alt^='Real points']").get_attribute("src") != picture)
    assert step_of(said(page)) == at + 1
    page.get_by_role("button", name="Go on").click()
    wait_until(lambda: step_of(said(page)) > at + 1)
    page.locator("[data-command='notebook:interrupt-kernel'], [title='Interrupt the kernel']").first.click()
    wait_until(lambda: page.get_by_role("button", name="One step").is_enabled())


def test_a_board_fits_a_telephone(opened):
    page = opened(BEGIN, TRAIN.replace("200_000", "600").replace("live.board()", "live.board(fps=30)"), width=390)
    run_all(page)
    page.locator("[role=group] p", has_text="Step 600 of 600").wait_for()
    box = page.locator("[role=group] img").bounding_box()
    assert box["width"] <= 390
    for chart in page.locator("[role=group] svg").all():
        assert chart.bounding_box()["width"] <= 390


def test_nothing_in_our_outputs_keeps_anybody_out(opened):
    page = opened(BEGIN, TRAIN.replace("200_000", "300"), SLIDER, FILM)
    run_all(page)
    page.locator("iframe").wait_for()
    page.locator("[role=group] p", has_text="Step 300 of 300").wait_for()
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        choose_theme(page, theme)
        # The handle of ipywidgets' slider has no name of its own; a label with its name stands beside it.
        assert not serious(page, ".jp-OutputArea-output", without=[".noUi-base"])


def test_a_slider_and_a_film_by_keyboard(opened):
    page = opened(BEGIN, SLIDER, FILM)
    run_all(page)
    page.locator(".widget-slider [role=slider]").first.focus()
    page.keyboard.press("ArrowRight")
    page.locator("figcaption", has_text="A line of slope 3.").wait_for()
    page.keyboard.press("Control+s")
    page.locator("text=Saving completed").first.wait_for()
    page.reload()
    page.locator("figcaption", has_text="A line of slope 3.").wait_for()  # it stays, without its slider
    frame = page.frame_locator("iframe")
    label = frame.locator("p")
    label.wait_for()
    assert "step 0" in label.inner_text()
    frame.locator("input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    wait_until(lambda: "frame 2 of" in label.inner_text())
