"""What learns is seen: a picture of a training while it runs."""

from course_utils.live.boards import Board, board
from course_utils.live.watching import watch

__all__ = ["Board", "board", "watch"]
