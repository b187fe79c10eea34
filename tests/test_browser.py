"""What a student sees and clicks, in JupyterLab itself: a board that grows, a stop, buttons, a slider, a film.

Debian's Chromium is driven by Playwright. Without one of them these tests are skipped.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright, for the browser tests")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here: apt-get install chromium")

ROOT = Path(__file__).resolve().parents[1]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
PATIENCE = 60_000  # milliseconds; a busy machine starts a kernel slowly

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


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A running JupyterLab; its address with a token, and the folder that it shows."""
    folder = tmp_path_factory.mktemp("lab")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(8)
    environment = dict(
        os.environ, JUPYTER_TOKEN=token, PYTHONPATH=str(ROOT), OMP_NUM_THREADS="1", JUPYTER_PREFER_ENV_PATH="1",
        JUPYTER_CONFIG_DIR=str(folder / ".config"), JUPYTERLAB_SETTINGS_DIR=str(folder / ".settings"),
    )  # fmt: skip
    for name in ("COURSE_STATIC", "TQDM_DISABLE"):
        environment.pop(name, None)
    line = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        f"--LabApp.app_settings_dir={ROOT / 'course_utils/commands/lab_settings'}",
        f"--port={port}",
        f"--notebook-dir={folder}",
    ]
    log = (folder / "lab.log").open("w")
    server = subprocess.Popen(line, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/api/status?token={token}", timeout=5).close()
                break
            except OSError:
                assert server.poll() is None, (folder / "lab.log").read_text()
                time.sleep(0.1)
        yield address, token, folder
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def opened(lab, browser, request, tmp_path):
    """A function that opens a notebook of these cells in a new page, with a kernel that is ready."""
    address, token, folder = lab
    pages = []

    def open_notebook(*cells, width=1100):
        name = f"{request.node.name.replace('[', '-').strip(']')}.ipynb"
        nbformat.write(
            nbformat.v4.new_notebook(
                metadata={"kernelspec": KERNEL}, cells=[nbformat.v4.new_code_cell(cell) for cell in cells]
            ),
            folder / name,
        )
        page = browser.new_page(viewport={"width": width, "height": 900})
        pages.append(page)
        page.set_default_timeout(PATIENCE)
        page.goto(f"{address}/doc/tree/{name}?token={token}")
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.locator("#jp-bottom-panel, .jp-StatusBar-Widget", has_text="| Idle").first.wait_for()
        return page

    yield open_notebook
    shots = Path(os.environ.get("COURSE_SCREENSHOTS") or tmp_path)
    for page in pages:
        page.screenshot(path=shots / f"{request.node.name}.png")
        page.close()


def run_all(page):
    """Every cell, by the keyboard alone: select the first, then shift-enter."""
    page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt").first.click()
    page.keyboard.press("Control+Home")
    for _ in range(page.locator(".jp-CodeCell").count()):
        page.keyboard.press("Shift+Enter")


def said(page):
    return page.locator("[role=group] p[aria-live]").last.inner_text()


def step_of(text):
    return int(text.split("Step ")[1].split(" of")[0].replace(",", ""))


def wait_until(condition, seconds=PATIENCE / 1000):
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + seconds, "it never came"
        time.sleep(0.1)


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
    """axe-core, the checker of the accessibility guidelines: no serious finding in what the course displays."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python")
    page = opened(BEGIN, TRAIN.replace("200_000", "300"), SLIDER, FILM)
    run_all(page)
    page.locator("iframe").wait_for()
    page.locator("[role=group] p", has_text="Step 300 of 300").wait_for()
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        page.locator(".lm-MenuBar-itemLabel", has_text="Settings").click()
        page.locator(".lm-Menu-itemLabel", has_text="Theme").first.hover()
        page.locator(".lm-Menu-itemLabel", has_text=theme).first.click()
        page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached")
        # The handle of ipywidgets' slider has no name of its own; a label with its name stands beside it.
        found = axe.Axe().run(page, context={"include": [[".jp-OutputArea-output"]], "exclude": [[".noUi-base"]]})
        bad = [v for v in found.response["violations"] if v["impact"] in ("serious", "critical")]
        assert not bad, [(v["id"], v["nodes"][0]["html"][:200]) for v in bad]


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
