"""JupyterLab and Debian's Chromium, driven by Playwright. Without one of them the tests that need it are skipped."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ROOT = Path(__file__).resolve().parents[1]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
PATIENCE = 60_000  # milliseconds; a busy machine starts a kernel slowly


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright, for the browser tests")
    if CHROMIUM is None:
        pytest.skip("there is no chromium here: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def lab(browser, tmp_path_factory):
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


def open_notebook(browser, lab, name, *cells, width=1100):
    """A notebook of these cells in a new page, with a kernel that is ready."""
    import nbformat

    address, token, folder = lab
    code = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(nbformat.v4.new_notebook(metadata={"kernelspec": KERNEL}, cells=code), folder / f"{name}.ipynb")
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/doc/tree/{name}.ipynb?token={token}")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.locator("#jp-bottom-panel, .jp-StatusBar-Widget", has_text="| Idle").first.wait_for()
    return page


@pytest.fixture
def opened(lab, browser, request, tmp_path):
    """A function that opens a notebook of these cells in a new page, with a kernel that is ready."""
    pages = []

    def open_cells(*cells, width=1100):
        name = request.node.name.replace("[", "-").strip("]")
        pages.append(open_notebook(browser, lab, name, *cells, width=width))
        return pages[-1]

    yield open_cells
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


def wait_until(condition, seconds=PATIENCE / 1000):
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + seconds, "it never came"
        time.sleep(0.1)


def choose_theme(page, theme):
    """ "JupyterLab Light" or "JupyterLab Dark", from the menu."""
    page.locator(".lm-MenuBar-itemLabel", has_text="Settings").click()
    page.locator(".lm-Menu-itemLabel", has_text="Theme").first.hover()
    page.locator(".lm-Menu-itemLabel", has_text=theme).first.click()
    page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached")


def serious(page, *shown, without=()):
    """What axe-core, the checker of the accessibility guidelines, finds serious in these parts of the page."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python")
    found = axe.Axe().run(page, context={"include": [[part] for part in shown], "exclude": [[p] for p in without]})
    bad = [each for each in found.response["violations"] if each["impact"] in ("serious", "critical")]
    return [(each["id"], node["html"][:200], node["failureSummary"]) for each in bad for node in each["nodes"]]
