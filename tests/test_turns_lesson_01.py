"""What the student writes in lesson 01 is what the package has: its losses, and what they descend."""

import math

import torch

from course_utils import objectives
from course_utils.checks.turns.lesson_01 import TURNS

value, losses, best, bracket = (tuple(part.reference for part in turn.parts) for turn in TURNS)


def test_the_losses_of_the_turn_are_the_packages():
    d_loss, g_loss = losses
    r, f = torch.randn(2, 50, dtype=torch.float64)
    assert torch.allclose(d_loss(r, f), objectives.MINIMAX.discriminator_loss(r, f))
    assert torch.allclose(g_loss(f), objectives.MINIMAX.generator_loss(f))
    assert torch.allclose(d_loss(r, f), -value[0](r.sigmoid(), f.sigmoid()))


def test_the_best_answer_is_the_best():
    p, q = torch.rand(2, 30, dtype=torch.float64) + 0.01
    answers = torch.linspace(0.0005, 0.9995, 2000, dtype=torch.float64)
    worth = p[:, None] * answers.log() + q[:, None] * (1 - answers).log()
    assert (answers[worth.argmax(1)] - best[0](p, q)).abs().max() < 1e-3


def test_the_bracket_has_the_gradient_of_the_non_saturating_loss_and_is_one_divergence():
    log_p = torch.log_softmax(torch.randn(9, dtype=torch.float64), 0) - math.log(0.5)
    scores = torch.randn(9, dtype=torch.float64, requires_grad=True)
    log_q = torch.log_softmax(scores, 0) - math.log(0.5)
    logits = (log_p - log_q).detach()  # of the best D, held fixed
    loss = (log_q.exp() * torch.nn.functional.softplus(-logits)).sum() * 0.5
    (held,) = torch.autograd.grad(loss, scores, retain_graph=True)
    found = bracket[0](log_p, log_q, 0.5)
    assert torch.allclose(torch.autograd.grad(found, scores, retain_graph=True)[0], held)
    log_m = torch.logaddexp(log_p, log_q) - math.log(2)
    assert torch.allclose(found, 2 * (log_m.exp() * (log_m - log_p)).sum() * 0.5)
