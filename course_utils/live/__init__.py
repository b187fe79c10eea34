"""What learns is seen: a picture of a training while it runs."""

from course_utils.live.boards import Board, board, watch

__all__ = ["Board", "board", "watch"]
