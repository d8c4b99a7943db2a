// A layer of one's own: hyperparameters, build and call.

import Martlet

final class Scale: Layer {
  private var factor: Variable!

  override func build(_ input: PartialShape) throws {
    factor = addWeight("factor", [try known(-1, of: input)], .ones)
  }

  override func call(_ x: Tensor, _ context: CallContext) -> Tensor { x * factor.value }
}

let model = Sequential {
  Input(shape: [3])
  Scale()
  Dense(1)
}
print(model.weights.map(\.name))
// prints: ["sequential/scale/factor", "sequential/dense/kernel", "sequential/dense/bias"]
