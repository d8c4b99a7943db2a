import CKernels

/// A recurrence over a sequence.
///
/// Inputs: z (batch, steps, gates·units), the recurrent kernel, then those of `given`, in its order.
/// Its results are parts of one node: outputs, last h, last c, and, for the way back, what each
/// step's product read; the kernel keeps more behind them.
///
///     dU = Σ beforeᵀ dz        db = Σ dz        dz, dh, dc by `ScanGradient`
struct Scan: Operation {
  let name = "scan"
  let cell: ScannedCell
  let given: Inputs
  let isReversed: Bool
  /// Whether a gradient may be asked for.
  let keeps: Bool

  /// Inputs that need not be there; the kernels' flags.
  struct Inputs: OptionSet {
    let rawValue: Int
    static let bias = Inputs(rawValue: MK_HAS_BIAS)
    static let stateBias = Inputs(rawValue: MK_HAS_STATE_BIAS)
    static let h = Inputs(rawValue: MK_HAS_H)
    static let c = Inputs(rawValue: MK_HAS_C)
    static let mask = Inputs(rawValue: MK_HAS_MASK)
    static let factors = Inputs(rawValue: MK_HAS_GAIN)
    static let inOrder: [Inputs] = [.bias, .stateBias, .h, .c, .mask, .factors]
  }

  /// The results, in the order of their parts.
  enum Result: Int { case outputs, h, c, before }

  func encode(into key: inout PlanKey) {
    key.add(Int(cell.kind.rawValue) << 16 | Int(cell.activation.rawValue) << 8)
    key.add(Int(cell.gate.rawValue) << 32 | given.rawValue << 2 | (isReversed ? 2 : 0))
    key.add(keeps)
  }

  /// Where an input that need not be there stands; nil if it is not.
  func index(_ input: Inputs) -> Int? {
    guard given.contains(input) else { return nil }
    return 2 + Inputs.inOrder.prefix(while: { $0 != input }).count(where: given.contains)
  }

  /// How many inputs there are.
  var inputCount: Int { 2 + Inputs.inOrder.count(where: given.contains) }

  /// The kernel's own form, references left open.
  func arguments(_ z: TensorType) -> mk_recurrent_args {
    var arguments = mk_recurrent_args()
    arguments.batch = Int64(z.shape[0])
    arguments.steps = Int64(z.shape[1])
    arguments.units = Int64(z.shape[2] / cell.gates)
    arguments.flags = UInt32(given.rawValue | MK_HAS_OUTPUTS | (keeps ? MK_KEEPS : 0))
    arguments.cell = cell.kind.rawValue
    arguments.activation = cell.activation.rawValue
    arguments.gate = cell.gate.rawValue
    arguments.reverse = isReversed ? 1 : 0
    arguments.dtype = z.dtype.kernelType
    return arguments
  }

  /// Records the recurrence of inputs that have been checked.
  func record(_ inputs: [Tensor]) -> (outputs: Tensor, states: [Tensor]) {
    let z = inputs[0].type
    let (batch, steps, units) = (z.shape[0], z.shape[1], z.shape[2] / cell.gates)
    let layout = withUnsafePointer(to: arguments(z), mk_recurrent_saved_of)
    let saved = Tensor.record(self, inputs, shape: [Int(layout.count)], dtype: z.dtype)
    func part(_ result: Result, _ offset: Int64, _ shape: Shape) -> Tensor {
      saved.part(result.rawValue, at: Int(offset), shape: shape)
    }
    let h = part(.h, layout.h, [batch, units])
    let states = cell.kind == .lstm ? [h, part(.c, layout.c, [batch, units])] : [h]
    return (part(.outputs, layout.y, [batch, steps, units]), states)
  }

  func gradients(_ at: Backward, wanted: [Bool]) -> [Tensor?] {
    // What a product read, and the factors of the state, have a gradient only in the unrolled form.
    let hasFactors = index(.factors).map { wanted[$0] } ?? false
    if !keeps || hasFactors || at.part(Result.before.rawValue) != nil {
      return unrolledGradients(at, wanted: wanted)
    }
    let arrived = [Result.outputs, .h, .c].map { at.part($0.rawValue) }
    let inputs = at.inputs.map { Tensor($0) }
    let found = ScanGradient(scan: self, arrived: arrived.map { $0 != nil })
      .record(inputs, saved: at.y, arrived.compactMap { $0 })
    let z = inputs[0].type
    var shares = [Tensor?](repeating: nil, count: inputs.count)
    if wanted[0] { shares[0] = found.dz }
    if wanted[1] {
      let layout = withUnsafePointer(to: arguments(z), mk_recurrent_saved_of)
      let rows = z.shape[0] * z.shape[1]
      let units = z.shape[2] / cell.gates
      let before = at.y.part(
        Result.before.rawValue, at: Int(layout.before), shape: [z.shape[0], z.shape[1], units])
      shares[1] = before.reshaped(to: [rows, units]).transposed()
        .matmul((found.dzh ?? found.dz).reshaped(to: [rows, z.shape[2]]))
    }
    if let index = index(.bias), wanted[index] { shares[index] = found.sum.sum(along: 0) }
    if let index = index(.stateBias), wanted[index] { shares[index] = found.sumH?.sum(along: 0) }
    if let index = index(.h), wanted[index] { shares[index] = found.dh }
    if let index = index(.c), wanted[index] { shares[index] = found.dc }
    return shares
  }

  /// The gradients by way of the step-by-step form.
  private func unrolledGradients(_ at: Backward, wanted: [Bool]) -> [Tensor?] {
    GradientScope.nested { scope in
      let arguments = at.inputs.map { Recorder.current.record(Identity(), [$0], $0.type) }
      let values = unrolled(arguments)
      var (outputs, seeds): ([Node], [Tensor]) = ([], [])
      for (result, value) in [values.outputs, values.h, values.c, values.before].enumerated() {
        guard let value, let seed = at.part(result) else { continue }
        outputs.append(value.node)
        seeds.append(seed)
      }
      return zip(
        wanted,
        backward(from: outputs, seeds: seeds, to: arguments.map(\.node), within: scope)
      ).map { $0 ? $1 : nil }
    }
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    var arguments = self.arguments(planner.type(of: step.inputs[0]))
    let saved = planner.output(step)
    if step.type.count == 0 { return }
    var references: [(WritableKeyPath<mk_recurrent_args, mk_ref>, Planner.Location)] =
      self.references(step, planner)
    references.append((\.saved, saved))
    if mk_recurrent_reads_plain(&arguments) == 0 {
      let units = Int(arguments.units)
      references.append(
        (
          \.packed,
          planner.packed(
            step.inputs[1], rows: units, columns: units * cell.gates, isTransposed: false)
        ))
    }
    let parts = self.parts(arguments, planner)
    planner.emit(
      name, detail(arguments), mk_recurrent, arguments, references, parts: parts,
      scratch: mk_recurrent_scratch(&arguments, UInt32(parts)))
  }

  func detail(_ arguments: mk_recurrent_args) -> String {
    "\(cell.kind) \([Int(arguments.batch), Int(arguments.steps), Int(arguments.units)].text)"
  }

  func references(
    _ step: PlanStep, _ planner: Planner
  ) -> [(WritableKeyPath<mk_recurrent_args, mk_ref>, Planner.Location)] {
    let paths: [(Inputs, WritableKeyPath<mk_recurrent_args, mk_ref>)] = [
      (.bias, \.bias), (.stateBias, \.state_bias), (.h, \.h0), (.c, \.c0), (.mask, \.mask),
      (.factors, \.gain),
    ]
    var references: [(WritableKeyPath<mk_recurrent_args, mk_ref>, Planner.Location)] = [
      (\.z, planner.dense(step.inputs[0])), (\.u, planner.dense(step.inputs[1])),
    ]
    for (input, path) in paths {
      if let index = index(input) { references.append((path, planner.dense(step.inputs[index]))) }
    }
    return references
  }

  /// Samples are shared: each part takes its own through all steps.
  func parts(_ arguments: mk_recurrent_args, _ planner: Planner) -> Int {
    let (rows, units) = (Double(arguments.batch * arguments.steps), Double(arguments.units))
    let work = 2 * rows * units * units * Double(cell.gates)
    return work < 400_000 ? 1 : max(1, min(planner.threads, Int(arguments.batch)))
  }
}

extension Planner {
  /// A matrix (rows, columns), or the transpose of one (columns, rows), in the panels that the
  /// recurrences' products read.
  func packed(_ matrix: Int, rows: Int, columns: Int, isTransposed: Bool) -> Location {
    let source = dense(matrix)
    var arguments = mk_recurrent_pack_args()
    (arguments.k, arguments.n) = (Int64(rows), Int64(columns))
    arguments.transposed = isTransposed ? 1 : 0
    arguments.dtype = source.dtype.kernelType
    let target = workspace(
      byteCount: mk_recurrent_pack_bytes(arguments.k, arguments.n, arguments.dtype))
    emit(
      "pack", "\([rows, columns].text)", mk_recurrent_pack, arguments,
      [(\.x, source), (\.y, target)], parts: parts(forWork: rows * columns))
    return target
  }
}
