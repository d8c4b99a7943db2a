import MartletTensors

// Where all steps of a layer are one operation: the cells of Keras with the functions that the
// operation knows, one or several on top of each other. Other cells run step by step.

extension RNN {
  /// The sequence in one operation for each cell; nil where a cell or its inputs do not allow it.
  ///
  /// No states to start from are zeros.
  final func scanned(
    _ x: Tensor, _ starts: [Tensor], _ steps: RecurrentSteps, _ mask: Tensor?
  ) -> (result: Tensor, states: [Tensor])? {
    let stack = (cell as? StackedRNNCells)?.cells ?? [cell]
    let cells = stack.compactMap { $0 as? KernelCell }
    // What a stack's masked step gives depends on the shapes of its states.
    guard cells.count == stack.count, cells.allSatisfy({ $0.scanned != nil }),
      mask == nil || cells.count == 1, x.rank == 3, x.shape[1] > 0
    else { return nil }
    let mask = mask?.cast(to: .bool)
    var (output, last, states) = (x, x, [Tensor]())
    for (index, cell) in cells.enumerated() {
      let count = cell.scanned?.states ?? 1
      guard
        let (outputs, ends) = cell.scan(
          output, Array(starts.dropFirst(states.count).prefix(count)), steps, mask,
          reversed: options.goBackwards && index == 0)
      else { return nil }
      (output, last) = (outputs, ends[0])
      states += ends
    }
    guard options.returnSequences else { return (last, states) }
    if let mask, options.zeroOutputForMask {
      let counts = options.goBackwards ? mask.flipped(along: 1) : mask
      output = .where(
        counts.reshaped(to: counts.shape + [1]), output,
        .zeros(output.shape, dtype: output.dtype))
    }
    return (output, states)
  }
}

extension KernelCell {
  /// All steps of a sequence; nil if the cell's functions are none that the operation knows.
  final func scan(
    _ x: Tensor, _ starts: [Tensor], _ steps: RecurrentSteps, _ mask: Tensor?, reversed: Bool
  ) -> (outputs: Tensor, states: [Tensor])? {
    guard let scanned else { return nil }
    func stateMask() -> Tensor? {
      steps.mask(
        [x.shape[0], units], x.dtype, rate: options.recurrentDropout, in: self, recurrent: true,
        source)
    }
    func inputMask() -> Tensor? {
      steps.mask(
        [x.shape[0], x.shape[2]], x.dtype, rate: options.dropout, in: self, recurrent: false,
        source)
    }
    // In the order in which a step draws them.
    var state = scanned.kind == .simple ? nil : stateMask()
    let input = inputMask()
    if scanned.kind == .simple { state = stateMask() }
    let dropped = input.map { x * $0.reshaped(to: [x.shape[0], 1, x.shape[2]]) } ?? x
    let biases = scannedBiases
    return dropped.scanned(
      by: scanned, kernel: kernel.value, recurrentKernel: recurrentKernel.value,
      bias: biases.input, stateBias: biases.state, from: starts, mask: mask, stateFactors: state,
      reversed: reversed)
  }
}

extension ActivationFunction {
  /// The function as the cells of a scan know it; nil if they do not.
  var scanned: ScannedCell.Function? {
    switch configuration {
    case Configuration("linear"): .linear
    case Configuration("tanh"): .tanh
    case Configuration("sigmoid"): .sigmoid
    case Configuration("relu"): .relu
    case Configuration("hard_sigmoid"): .hardSigmoid
    default: nil
    }
  }
}
