"""What the student writes in lesson 07."""

from course_utils.checks.turns.lesson_07 import critic_loop, second_penalty, transport

TURNS = (transport.TURN, critic_loop.TURN, second_penalty.TURN)
