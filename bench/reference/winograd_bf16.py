"""Measures the rounding of bf16 in Winograd convolutions, for docs/decisions.md: the relative root mean square error of
outputs and weight gradients, for F(m, k) with the matrices of crates/engine-cpu/src/kernels/winograd/matrices.rs.

    python bench/reference/winograd_bf16.py

Inputs are random numbers after a ReLU, weights and gradients are random; sums are exact. Needs numpy.
"""

import numpy as np

POINTS = [0, 1, -1, 2, -2, 0.5, -0.5, 4, -4]
TILES, FROM, TO = 60, 128, 64


def transforms(m, k):
    """The matrices of the inputs, the weights and the outputs of F(m, k)."""
    points = m + k - 1
    finite = points - 1 if points % 2 == 0 else points
    inputs, weights, outputs = np.zeros((points, points)), np.zeros((points, k)), np.zeros((m, points))
    for j in range(points):
        roots = [POINTS[other] for other in range(finite) if other != j]
        polynomial = np.poly(roots)[::-1]
        inputs[j, : len(polynomial)] = polynomial
        if j < finite:
            scale = np.prod([POINTS[j] - root for root in roots])
            weights[j] = [POINTS[j] ** i / scale for i in range(k)]
            outputs[:, j] = [POINTS[j] ** i for i in range(m)]
        else:
            weights[j, k - 1] = outputs[m - 1, j] = 1
    return inputs, weights, outputs


def rounded(values):
    """The nearest bf16 values, ties to even."""
    bits = values.astype(np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).view(np.float32).astype(np.float64)


def error(ours, truth):
    return np.sqrt(((ours - truth) ** 2).mean() / (truth**2).mean())


def main():
    random = np.random.default_rng(1)
    print("| tile    | products of an output | outputs | weight gradient |")
    print("| ------- | --------------------- | ------- | --------------- |")
    for m, k in [(2, 2), (4, 2), (6, 2), (3, 3), (4, 3), (6, 3), (2, 4), (4, 4), (2, 5), (5, 5)]:
        x = np.maximum(random.normal(size=(TILES * m + k - 1, FROM)), 0)
        w, dy = random.normal(size=(k, FROM, TO)), random.normal(size=(TILES * m, TO))
        tiles = np.stack([x[t * m : t * m + m + k - 1] for t in range(TILES)])
        b, g, a = transforms(m, k)
        values, taps = np.einsum("ji,tic->jtc", b, tiles), np.einsum("ji,ico->jco", g, w)
        ours = np.einsum("ij,jto->tio", a, rounded(values) @ rounded(taps)).reshape(TILES * m, TO)
        outputs = error(ours, sum(x[t : t + TILES * m] @ w[t] for t in range(k)))
        b, g, a = transforms(k, m)
        values = np.einsum("ji,tic->jct", b, tiles)
        taps = np.einsum("ji,tio->jto", g, dy.reshape(TILES, m, TO))
        ours = np.einsum("ij,jco->ico", a, rounded(values) @ rounded(taps))
        gradient = error(ours, np.stack([x[t : t + TILES * m].T @ dy for t in range(k)]))
        name, products = f"F({m}, {k})", (m + k - 1) / m
        print(f"| {name} | {products:<21.2f} | {100 * outputs:.2f} %  | {100 * gradient:.2f} %          |")


if __name__ == "__main__":
    main()
