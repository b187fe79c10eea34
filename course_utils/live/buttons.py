"""Buttons below the board of a run that was stopped: go on, or one step at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from course_utils.plots.controls import is_live
from course_utils.training import GANRun, Run, go_on, move
from course_utils.training.gan_step import GANStep

if TYPE_CHECKING:
    from course_utils.live.boards import Board


def offer(run: Run, board: Board) -> None:
    """Show the buttons, where there are widgets; they act on this run, and draw on this board."""
    if not is_live():
        return
    import ipywidgets
    from IPython.display import display

    log, bar = ipywidgets.Output(), run.loop.progress

    def button(words: str, tooltip: str, act: Callable[[], object]) -> ipywidgets.Button:
        made = ipywidgets.Button(description=words, tooltip=tooltip, layout=ipywidgets.Layout(width="auto"))

        def perform() -> None:
            try:
                with log:
                    log.clear_output()
                    act()
                    board.look(run)
            finally:
                for each in buttons:
                    each.disabled = each in ending and run.steps_done == len(run.rows)

        def pressed(_: object) -> None:
            for each in buttons:
                each.disabled = True
            in_the_main_thread(perform)

        made.on_click(pressed)
        return made

    of_both = "one step of both players" if isinstance(run, GANRun) else "one step"
    ending = [
        button("▶ Go on", "train on to the end; the stop button stops again", lambda: go_on(run, progress=bar)),
        button("One step", of_both, lambda: go_on(run, pause_after=1, progress=False)),
    ]
    buttons = list(ending)
    if isinstance(run, GANRun) and isinstance(run.loop.step, GANStep):
        buttons += [
            button(f"{name} alone", f"one move of the {player}, and none of the other", lambda p=player: move(run, p))
            for name, player in (("D", "discriminator"), ("G", "generator"))
        ]
    slow = ipywidgets.Checkbox(value=board.slow, description="slow motion", indent=False)
    slow.observe(lambda change: setattr(board, "slow", change["new"]), "value")
    display(ipywidgets.VBox([ipywidgets.HBox([*buttons, slow], layout=ipywidgets.Layout(flex_flow="row wrap")), log]))


def in_the_main_thread(act: Callable[[], None]) -> None:
    """Newer kernels answer clicks in another thread, beside running cells, where the stop button does not reach."""
    from IPython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        act()
    else:
        kernel.io_loop.add_callback(act)
