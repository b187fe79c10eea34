"""The playground on the screen: a canvas, a form, and messages between them and a session."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget

from course_utils.live.buttons import in_the_main_thread
from course_utils.playground.session import Session

HERE = Path(__file__).parent


class Playground(anywidget.AnyWidget):
    """Draws what its session answers. The front end asks for each frame, so a page that is closed trains no further."""

    _esm = HERE / "widget.js"
    _css = HERE / "widget.css"

    def __init__(self, session: Session):
        super().__init__()
        self.session = session
        self.on_msg(self._asked)

    def _asked(self, _: object, request: Mapping[str, Any], buffers: list) -> None:
        in_the_main_thread(lambda: self._reply(request))

    def _reply(self, request: Mapping[str, Any]) -> None:
        try:
            answers = self.session.answer(request)
        except Exception as error:  # the page waits for an answer, whatever happens
            told = f"This should not happen ({type(error).__name__}: {error}). Choose “Start again”."
            answers = [({"kind": "error", "text": told, "to": request.get("n")}, [])]
        for message, arrays in answers:
            self.send(message, [memoryview(array) for array in arrays])
