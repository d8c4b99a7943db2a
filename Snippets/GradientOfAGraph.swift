//! A computational graph and its partial derivatives: f = (x + y) · z.
//!
//! The graph has two nodes, q = x + y and f = q · z. Walking back from f: ∂f/∂q = z and ∂f/∂z = q,
//! since a product hands each factor the other one; ∂f/∂x = ∂f/∂y = ∂f/∂q, since a sum hands its
//! gradient on.

import Martlet

let (x, y, z) = (Tensor(-2.0), Tensor(5.0), Tensor(-4.0))

let (f, slopes) = valueAndGradient(at: [x, y, z]) { inputs in
  let q = inputs[0] + inputs[1]
  return q * inputs[2]
}

print("f =", f.item())  // prints: f = -12.0
print("∂f/∂x =", slopes[0].item())  // prints: ∂f/∂x = -4.0
print("∂f/∂y =", slopes[1].item())  // prints: ∂f/∂y = -4.0
print("∂f/∂z =", slopes[2].item())  // prints: ∂f/∂z = 3.0

// The same graph at another point, where q = x + y = 12: f is a function like any other.
let slope = gradient { x, y, z in (x + y) * z }
let at = slope(Tensor(5.0), Tensor(7.0), Tensor(3.0))
print(at.0.item(), at.1.item(), at.2.item())  // prints: 3.0 3.0 12.0
