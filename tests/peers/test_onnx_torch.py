"""Networks that PyTorch exports to ONNX: values of another batch, and gradients."""

import io
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import chainrule as cr
from chainrule.export import from_onnx


class Attention(torch.nn.Module):
    """Heads split and joined by shapes that the exporter computes in the graph."""

    def __init__(self):
        super().__init__()
        self.qkv, self.out = torch.nn.Linear(8, 24), torch.nn.Linear(8, 3)
        self.norm = torch.nn.LayerNorm(8)

    def forward(self, x):
        n, t, _ = x.shape
        q, k, v = (p.view(n, t, 2, 4).transpose(1, 2) for p in self.qkv(x).chunk(3, -1))
        scores = (q @ k.transpose(-1, -2) / 2).masked_fill(torch.ones(t, t).triu(1).bool(), -1e9)
        mixed = (torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(n, t, 8)
        return self.out(torch.nn.functional.gelu(self.norm(x + mixed)))


class Image(torch.nn.Module):
    """Convolutions of all kinds."""

    def __init__(self):
        super().__init__()
        self.down = torch.nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.wide = torch.nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=4)
        self.up = torch.nn.ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1)
        self.norm = torch.nn.GroupNorm(2, 8)

    def forward(self, x):
        y = torch.relu(self.norm(self.down(x)))
        y = torch.nn.functional.max_pool2d(self.up(y + self.wide(y)), 3, 2, 1)
        return torch.nn.functional.interpolate(y, scale_factor=2, mode="bilinear")


class Sequence(torch.nn.Module):
    """A recurrent network, both ways."""

    def __init__(self):
        super().__init__()
        self.cells = torch.nn.LSTM(8, 5, num_layers=2, bidirectional=True, batch_first=True)
        self.out = torch.nn.Linear(10, 2)

    def forward(self, x):
        return self.out(self.cells(x)[0][:, -1])


NETWORKS = {
    "attention": (Attention, (6, 8)),
    "image": (Image, (3, 8, 8)),
    "sequence": (Sequence, (5, 8)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_values_and_gradients(name):
    make, shape = NETWORKS[name]
    torch.manual_seed(0)
    net, x = make().eval(), torch.randn(2, *shape)
    model = from_onnx(exported(net, x))
    for rows in (2, 5):
        x = torch.randn(rows, *shape, requires_grad=True)
        y = net(x)
        weights = torch.randn(y.shape)
        (y * weights).sum().backward()

        def loss(x, model=model, weights=weights):
            return (model(x) * weights.numpy()).sum()

        given = x.detach().numpy()
        np.testing.assert_allclose(model(given).numpy(), y.detach().numpy(), atol=1e-5)
        np.testing.assert_allclose(cr.grad(loss)(given), x.grad.numpy(), rtol=1e-3, atol=1e-5)


def exported(net, x):
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the exporter's successor, and about shapes
        settings = {"dynamo": False, "input_names": ["x"], "dynamic_axes": {"x": {0: "n"}}}
        torch.onnx.export(net, (x,), file, **settings)
    return file.getvalue()
