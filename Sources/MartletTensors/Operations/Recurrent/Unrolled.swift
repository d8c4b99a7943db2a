extension Scan {
  /// The results of a scan, recorded step by step with the public operations: what derivatives of
  /// higher orders are taken of.
  ///
  /// - Parameter inputs: Those of the scan.
  func unrolled(_ inputs: [Tensor]) -> (outputs: Tensor?, h: Tensor?, c: Tensor?) {
    func input(_ name: Inputs) -> Tensor? { index(name).map { inputs[$0] } }
    let z = input(.kernel).map { inputs[0].matmul($0) } ?? inputs[0]
    let (batch, steps, units) = (z.shape[0], z.shape[1], inputs[1].shape[0])
    func start(_ name: Inputs) -> Tensor {
      input(name) ?? .zeros([batch, units], dtype: z.dtype)
    }
    var (h, c) = (start(.h), start(.c))
    var outputs: [Tensor] = []
    for step in 0..<steps {
      let time = isReversed ? steps - 1 - step : step
      let read = input(.factors).map { h * $0 } ?? h
      var product = read.matmul(inputs[1])
      if let bias = input(.stateBias) { product = product + bias }
      var x = z[0..., time]
      if let bias = input(.bias) { x = x + bias }
      var next = self.step(x, product, h, c)
      if let mask = input(.mask) {
        let counts = mask[0..., time].reshaped(to: [batch, 1])
        next = (.where(counts, next.h, h), .where(counts, next.c, c))
      }
      (h, c) = next
      outputs.append(h)
    }
    return (steps == 0 ? nil : Tensor.stack(outputs, along: 1), h, c)
  }

  private func step(
    _ x: Tensor, _ product: Tensor, _ h: Tensor, _ c: Tensor
  ) -> (h: Tensor, c: Tensor) {
    let units = h.shape[1]
    func gate(_ z: Tensor, _ index: Int) -> Tensor {
      z[0..., (index * units)..<((index + 1) * units)]
    }
    switch cell.kind {
    case .simple: return (cell.activation(x + product), c)
    case .lstm:
      let z = x + product
      let carry = cell.gate(gate(z, 1)) * c + cell.gate(gate(z, 0)) * cell.activation(gate(z, 2))
      return (cell.gate(gate(z, 3)) * cell.activation(carry), carry)
    case .gru:
      let update = cell.gate(gate(x, 0) + gate(product, 0))
      let reset = cell.gate(gate(x, 1) + gate(product, 1))
      let candidate = cell.activation(gate(x, 2) + reset * gate(product, 2))
      return (update * h + (1 - update) * candidate, c)
    }
  }
}
