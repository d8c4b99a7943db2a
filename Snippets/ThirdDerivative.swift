//! Derivatives of any order: a gradient is recorded like any other computation, so it can be
//! differentiated again.

import Martlet

let d3 = gradient { gradient { gradient { x in (x * x * x * x).sum() }($0).sum() }($0).sum() }
print(d3(Tensor([2.0])))  // prints: 48

// The Hessian matrix of Rosenbrock's function at its minimum.
let curvature = hessian(at: Tensor([1.0, 1.0])) { point in
  let (x, y) = (point[0], point[1])
  return (1 - x).square() + 100 * (y - x.square()).square()
}
print(curvature)  // prints: 802
