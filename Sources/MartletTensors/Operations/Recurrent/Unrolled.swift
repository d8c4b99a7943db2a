extension Scan {
  /// The results of a scan, recorded step by step with the public operations: what derivatives of
  /// higher orders are taken of.
  ///
  /// - Parameters:
  ///   - inputs: Those of the scan.
  ///   - starts: h and c before the first step, where they are not the inputs' or zeros.
  ///   - extra: Added to the state's products (batch, steps, gates·units).
  func unrolled(
    _ inputs: [Tensor], from starts: [Tensor]? = nil, adding extra: Tensor? = nil
  ) -> (outputs: Tensor?, h: Tensor?, c: Tensor?, before: Tensor?) {
    let (z, kernel) = (inputs[0], inputs[1])
    let (batch, steps, units) = (z.shape[0], z.shape[1], kernel.shape[0])
    func input(_ name: Inputs) -> Tensor? { index(name).map { inputs[$0] } }
    func start(_ name: Inputs, _ index: Int) -> Tensor {
      starts?[index] ?? input(name) ?? .zeros([batch, units], dtype: z.dtype)
    }
    var (h, c) = (start(.h, 0), start(.c, 1))
    var outputs: [Tensor] = []
    var before = [Tensor](repeating: h, count: steps)
    for step in 0..<steps {
      let time = isReversed ? steps - 1 - step : step
      let read = input(.factors).map { h * $0 } ?? h
      var product = read.matmul(kernel)
      if let bias = input(.stateBias) { product = product + bias }
      if let extra { product = product + extra[0..., time] }
      var x = z[0..., time]
      if let bias = input(.bias) { x = x + bias }
      var next = self.step(x, product, h, c)
      if let mask = input(.mask) {
        let counts = mask[0..., time].reshaped(to: [batch, 1])
        next = (.where(counts, next.h, h), .where(counts, next.c, c))
      }
      before[time] = read
      (h, c) = next
      outputs.append(h)
    }
    if steps == 0 { return (nil, h, c, nil) }
    return (Tensor.stack(outputs, along: 1), h, c, Tensor.stack(before, along: 1))
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
