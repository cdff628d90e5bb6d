"""The network: its formula, and its picture."""

from __future__ import annotations

from html import escape

from .. import draw, nn
from ..tabular.outcome import Outcome
from .html import Section, paragraph, plural, shortened

LETTERS = 14
LAST = {"binary": "sigmoid", "multilabel": "sigmoid", "multiclass": "softmax"}


def network(outcome: Outcome) -> Section:
    """Layer by layer as formulas, and drawn as neurons."""
    learned = outcome.model.learned
    count = sum(int(parameter.size) for parameter in learned.network.parameters())
    layers = draw.layers_of(_plain(learned.network.layers))
    content = paragraph(
        f"{plural(count, 'parameter')} in {plural(len(layers), 'layer')}. "
        "Numbers are centred and scaled, and far ones drawn in; categories are columns of 0 and 1, "
        "or looked up in a learned table where there are many."
    )
    content += _formula(outcome, layers)
    names = [shortened(name, LETTERS) for name in _inputs(outcome)]
    outputs = [shortened(name, LETTERS - 2) for name in _outputs(outcome)]
    picture = draw.neurons(layers, names, outputs, title="the trained network", width=900)
    content += f'<figure class="wide"><div class="drawing">{picture}</div><figcaption>{_CAPTION}'
    return Section("network", "The network", content + "</figcaption></figure>")


_CAPTION = (
    "The trained network: a circle for each neuron, a line for each weight; blue weights are "
    "negative, orange ones positive, thick ones large. Of more than 24 neurons in a layer, the "
    "first and the last are drawn."
)


def _plain(layers: nn.Module) -> nn.Module:
    """Without batch norm, so that the activation is what follows a linear layer."""
    kept = [each for each in layers.children() if not isinstance(each, nn.BatchNorm1d)]
    return nn.Sequential(*kept)


def _formula(outcome: Outcome, layers: list[draw.LayerMatrix]) -> str:
    learned = outcome.model.learned
    is_normed = learned.recipe.batch_norm
    lines = []
    before = "x"
    for at, layer in enumerate(layers, 1):
        product = f"<var>W</var>{_low(at)} <var>{before}</var> + <var>b</var>{_low(at)}"
        ins, outs = layer.weight.shape
        size = f"<small>{ins:,} → {outs:,}</small>"
        if at < len(layers):
            inner = f"norm({product})" if is_normed else product
            name = escape(layer.activation.lower() or "identity")
            lines.append(f"<var>h</var>{_low(at)} = {name}({inner}){size}")
            before = f"h{_low(at)}"
            continue
        last = LAST.get(learned.task)
        if last is None:
            lines.append(f"<var>y</var> = center + scale · ({product}){size}")
        else:
            by = "" if learned.temperature == 1 else f" / {learned.temperature:.3g}"
            lines.append(f"<var>p</var> = {last}(({product}){by}){size}")
    return f'<p class="formula">{"<br>".join(lines)}</p>'


def _low(index: int) -> str:
    return str(index).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _inputs(outcome: Outcome) -> list[str]:
    """What the first layer sees: plain columns of x, then what is looked up for the others."""
    model = outcome.model
    inner = model.learned.network
    features = model.preparation.features
    found = [features[place] for place in inner.plain]
    for (place, _), looked_up in zip(inner.embedded, inner.tables, strict=True):
        found += [f"{features[place]} [{i}]" for i in range(looked_up.weight.shape[1])]
    return found


def _outputs(outcome: Outcome) -> tuple[str, ...]:
    names = outcome.model.outputs
    return names[1:] if outcome.schema.task == "binary" else names
