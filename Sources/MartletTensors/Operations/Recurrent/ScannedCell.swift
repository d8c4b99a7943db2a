import CKernels

/// The equations of one step of a recurrence that runs over a whole sequence as one operation; see
/// `Tensor.scanned(by:recurrentKernel:)`.
public struct ScannedCell: Sendable, Hashable {
  /// The cells there are.
  public enum Kind: UInt8, Sendable, CaseIterable {
    /// Gates i, f, c, o:
    ///
    ///     c' = f·c + i·activation(…)        h' = o·activation(c')
    case lstm = 0
    /// Gates z, r, h, the reset gate after the product:
    ///
    ///     h' = z·h + (1 − z)·activation(… + r·(h·U + b))
    case gru = 1
    /// h' = activation(…).
    case simple = 2
  }

  /// The functions that cells know.
  public enum Function: UInt8, Sendable, CaseIterable {
    /// x.
    case linear = 0
    /// tanh x.
    case tanh = 1
    /// 1 / (1 + exp(−x)).
    case sigmoid = 2
    /// max(x, 0).
    case relu = 3
    /// x / 6 + 0.5, held in 0 … 1.
    case hardSigmoid = 4

    func callAsFunction(_ x: Tensor) -> Tensor {
      switch self {
      case .linear: x
      case .tanh: x.tanh()
      case .sigmoid: x.sigmoid()
      case .relu: x.relu()
      case .hardSigmoid: x.hardSigmoid()
      }
    }
  }

  /// Which of the cells it is.
  public let kind: Kind
  /// Of the candidate and of the LSTM's output.
  public let activation: Function
  /// Of the gates.
  public let gate: Function

  /// Creates the equations.
  public init(_ kind: Kind, activation: Function = .tanh, gate: Function = .sigmoid) {
    self.kind = kind
    self.activation = activation
    self.gate = gate
  }

  /// How many products a step has: the width of the kernels is `gates`·units.
  public var gates: Int { Int(mk_cell_gates(kind.rawValue)) }
  /// How many states it carries: h, for the LSTM c too.
  public var states: Int { kind == .lstm ? 2 : 1 }
}

extension Tensor {
  /// Runs a recurrent cell over the steps of a sequence: one operation, whose gradient is one too.
  ///
  /// This tensor holds the inputs x (batch, steps, inputs), or, without a kernel, what they give to
  /// each step, x·W (batch, steps, gates·units). A step adds h·U, U the recurrent kernel, and the
  /// biases, and applies the cell's functions.
  ///
  /// - Parameters:
  ///   - cell: The equations of a step.
  ///   - kernel: W (inputs, gates·units).
  ///   - recurrentKernel: U (units, gates·units).
  ///   - bias: Added to x·W (gates·units).
  ///   - stateBias: Added to h·U (gates·units); for the GRU, which tells the two apart.
  ///   - states: Where it starts: h, for the LSTM c too, each (batch, units); none for zeros.
  ///   - mask: Booleans (batch, steps): where it is false, states and output stay as they were.
  ///   - stateFactors: Factors of h before the product (batch, units): dropout of the state.
  ///   - reversed: Whether time runs from its end; outputs stand in the order in which they come.
  /// - Returns: The outputs h (batch, steps, units), and the states after the last step.
  /// - Source: Hochreiter and Schmidhuber, 1997; Cho et al., 2014; Appleyard et al., 2016, for x·W as
  ///   one product over all steps, where the samples are few or the kernel is large.
  public func scanned(
    by cell: ScannedCell, kernel: Tensor? = nil, recurrentKernel: Tensor, bias: Tensor? = nil,
    stateBias: Tensor? = nil, from states: [Tensor] = [], mask: Tensor? = nil,
    stateFactors: Tensor? = nil, reversed: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) -> (outputs: Tensor, states: [Tensor]) {
    let (units, width) = (recurrentKernel.shape.first ?? 0, recurrentKernel.shape.last ?? 0)
    func demand(_ tensor: Tensor, _ what: String, _ shape: Shape, _ dtype: DType) {
      check(
        tensor.shape == shape && tensor.dtype == dtype,
        Diagnostic(
          "scanned", "\(what) does not fit", expected: "\(dtype) \(shape.text)",
          got: "\(tensor.dtype) \(tensor.shape.text)"),
        file: file, line: line)
    }
    checkFloating("scanned", file: file, line: line)
    check(
      rank == 3 && recurrentKernel.rank == 2 && width == cell.gates * units
        && (kernel != nil || shape[2] == width),
      Diagnostic(
        "scanned", "the inputs do not fit the recurrent kernel",
        expected: "[batch, steps, \(cell.gates)·units] and [units, \(cell.gates)·units]",
        got: "\(shape.text) and \(recurrentKernel.shape.text)"),
      file: file, line: line)
    check(
      states.isEmpty || states.count == cell.states,
      Diagnostic(
        "scanned", "the number of states is not the cell's", expected: "\(cell.states), or none",
        got: "\(states.count)"),
      file: file, line: line)
    let batch = shape[0]
    demand(recurrentKernel, "the recurrent kernel", [units, width], dtype)
    var inputs = [self, recurrentKernel]
    var given: Scan.Inputs = []
    func add(_ tensor: Tensor?, _ flag: Scan.Inputs, _ what: String, _ shape: Shape, _ type: DType)
    {
      guard let tensor else { return }
      demand(tensor, what, shape, type)
      inputs.append(tensor)
      given.insert(flag)
    }
    add(kernel, .kernel, "the kernel", [shape[2], width], dtype)
    add(bias, .bias, "the bias", [width], dtype)
    // Only the GRU tells the biases apart.
    add(stateBias, .stateBias, "the bias of the state", [width], dtype)
    add(states.first, .h, "a state", [batch, units], dtype)
    add(states.count > 1 ? states[1] : nil, .c, "a state", [batch, units], dtype)
    add(mask, .mask, "the mask", [batch, shape[1]], .bool)
    add(stateFactors, .factors, "the states' factors", [batch, units], dtype)
    check(
      cell.kind == .gru || stateBias == nil,
      Diagnostic("scanned", "only a GRU has a bias of its own for the state", fix: "add the two"),
      file: file, line: line)
    if let kernel, !Scan.multiplies(self, by: kernel) {
      inputs[0] = matmul(kernel, file: file, line: line)
      inputs.remove(at: 2)
      given.remove(.kernel)
    }
    return Scan(
      cell: cell, given: given, isReversed: reversed, keeps: Recorder.current.scope != nil
    ).record(inputs)
  }
}

extension Scan {
  /// Whether x·W is better made step by step: enough samples share each reading of a kernel that
  /// stays in a near cache, and the sums are not so long that a product of its own would cut them.
  ///
  /// The bits are the same either way.
  static func multiplies(_ x: Tensor, by kernel: Tensor) -> Bool {
    x.rank == 3 && kernel.rank == 2 && x.shape[0] >= 8 && x.shape[2] <= 512
      && kernel.shape.elementCount <= 1 << 18
  }
}
