"""Turn 02.3: one move of the generator."""

from torch.nn.functional import binary_cross_entropy, softplus  # noqa: F401 (a mistake uses it)

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations
from course_utils.checks.turns.lesson_02.stage import two_moves, when_sure


def g_step(generator, discriminator, g_optimizer, d_optimizer, z):
    f = discriminator(generator(z))
    loss = softplus(-f).mean()
    g_optimizer.zero_grad()
    loss.backward()
    g_optimizer.step()
    return loss.detach()


def probe(step) -> Observations:
    return two_moves(step, "generator", with_real=False) | when_sure(step, "generator", with_real=False)


LOSS = "softplus(-f).mean()"

EXERCISE = Exercise(
    number="02.3",
    title="One move of the generator",
    hints=(
        "G wants its own points to be called real, and asks D about them. The loss must find its way back through D "
        "into G; then only G may move.",
        "f is D's logit of generator(z), without detach; the loss is −log σ(f), which is softplus(-f). Use g_optimizer "
        "for zero_grad and for step; return the loss.",
    ),
    parts=(
        Part(
            g_step,
            probe=probe,
            name="G's step",
            why="Only G has moved. A gradient is left in D, too; D's next step clears it first.",
            mistakes=(
                Mistake(
                    "the saturating loss",
                    "It minimises log(1 − σ(f)), as in the minimax game. Asked for is −log σ(f); section 4 compares "
                    "the two.",
                    edited(g_step, (LOSS, "-softplus(f).mean()")),
                ),
                Mistake(
                    "a generator that helps D",
                    "This loss is smallest where D calls the generated points generated: D's own aim.",
                    edited(g_step, (LOSS, "softplus(f).mean()")),
                ),
                Mistake(
                    "a climb instead of a descent",
                    "The optimiser goes down whatever loss it is given, and −log σ(f) is already something to "
                    "minimise.",
                    edited(g_step, (LOSS, "-softplus(-f).mean()")),
                ),
                Mistake(
                    "points that are detached",
                    "G gets no gradient from this loss: detach cuts off exactly the way that it needs.",
                    edited(
                        g_step,
                        ("discriminator(generator(z))", "discriminator(generator(z).detach())"),
                    ),
                ),
                Mistake(
                    "gradients that are never cleared",
                    "backward() adds to the gradients that are there, those of G's last step. The optimiser that holds "
                    "G's weights can clear them.",
                    edited(g_step, ("    g_optimizer.zero_grad()\n", "")),
                ),
                Mistake(
                    "gradients cleared between backward() and step()",
                    "The optimiser then finds no gradient, and G stays where it is.",
                    edited(
                        g_step,
                        ("    g_optimizer.zero_grad()\n    loss.backward()\n", "    loss.backward()\n"),
                        ("    g_optimizer.step()", "    g_optimizer.zero_grad()\n    g_optimizer.step()"),
                    ),
                ),
                Mistake(
                    "gradients cleared only after the step",
                    "That is enough as long as nobody else leaves a gradient in G. Here one was there before, and the "
                    "step followed it, too.",
                    edited(
                        g_step,
                        ("    g_optimizer.zero_grad()\n", ""),
                        ("    g_optimizer.step()", "    g_optimizer.step()\n    g_optimizer.zero_grad()"),
                    ),
                ),
                Mistake(
                    "a loss that is never sent back",
                    "Without backward() there are no gradients, and the optimiser has nothing to follow.",
                    edited(g_step, ("    loss.backward()\n", "")),
                ),
                Mistake(
                    "a step without its last line",
                    "The loss and its gradients are there, but no weight of G has moved.",
                    edited(g_step, ("    g_optimizer.step()\n", "")),
                ),
                Mistake(
                    "D's optimiser",
                    "It holds D's weights, and would teach D to be fooled. In this step G moves, and G alone.",
                    edited(g_step, ("    g_optimizer.step()", "    d_optimizer.step()")),
                ),
                Mistake(
                    "D's optimiser throughout",
                    "It holds D's weights, and teaches D to be fooled. In this step G moves, and G alone.",
                    edited(
                        g_step,
                        ("    g_optimizer.zero_grad()", "    d_optimizer.zero_grad()"),
                        ("    g_optimizer.step()", "    d_optimizer.step()"),
                    ),
                ),
                Mistake(
                    "a step of both optimisers",
                    "The same loss also moves D, which learns to be fooled. In this step G moves, and G alone.",
                    edited(g_step, ("    g_optimizer.step()", "    g_optimizer.step()\n    d_optimizer.step()")),
                ),
                Mistake(
                    "a step of both optimisers, both cleared",
                    "The same loss also moves D, which learns to be fooled. In this step G moves, and G alone.",
                    edited(
                        g_step,
                        ("    g_optimizer.zero_grad()", "    g_optimizer.zero_grad()\n    d_optimizer.zero_grad()"),
                        ("    g_optimizer.step()", "    g_optimizer.step()\n    d_optimizer.step()"),
                    ),
                ),
                Mistake(
                    "a discriminator that is frozen for good",
                    "G moves as it should, but D's weights no longer take part in any gradient: D's next step fails.",
                    edited(g_step, ("    f =", "    discriminator.requires_grad_(False)\n    f =")),
                ),
                Mistake(
                    "a sum in the place of a mean",
                    "The step then grows with the size of the batch.",
                    edited(g_step, (LOSS, "softplus(-f).sum()")),
                ),
                Mistake(
                    "probabilities in the place of logits",
                    "softplus takes logits; after a sigmoid, σ(f) is squeezed a second time.",
                    edited(g_step, (LOSS, "softplus(-f.sigmoid()).mean()")),
                ),
                Mistake(
                    "the logarithm of a rounded sigmoid",
                    "Where D is very sure, the sigmoid is rounded to 0 and its logarithm is −∞, just where G needs the "
                    "gradient most. softplus does both in one, without rounding.",
                    edited(g_step, (LOSS, "-f.sigmoid().log().mean()")),
                ),
                Mistake(
                    "the logarithm of a rounded sigmoid, kept from 0 by 1e-8",
                    "The number added inside the logarithm keeps it finite, and makes the gradient vanish where D is "
                    "sure. softplus needs no such help.",
                    edited(g_step, (LOSS, "-(f.sigmoid() + 1e-8).log().mean()")),
                ),
                Mistake(
                    "a cross-entropy of probabilities",
                    "PyTorch cuts its logarithms off at −100, so where D is very sure the gradient is 0. "
                    "softplus of the logit, or binary_cross_entropy_with_logits, does not.",
                    edited(
                        g_step,
                        (LOSS, "binary_cross_entropy(f.sigmoid(), 0 * f + 1)"),
                    ),
                ),
                Mistake(
                    "random numbers of its own",
                    "The step is given z; it must not draw other numbers.",
                    edited(g_step, ("    f =", "    z = z.new_empty(z.shape).normal_()\n    f =")),
                ),
            ),
        ),
    ),
)
