import CKernels

/// A recurrence over a sequence.
///
/// Inputs: z (batch, steps, gates·units), or, with a kernel W, x (batch, steps, inputs), whose
/// product x·W is z; the recurrent kernel, then those of `given`, in its order. Its results are parts
/// of one node: outputs, last h, last c; behind them lies what the way back, `ScanGradient`, reads.
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
    static let kernel = Inputs(rawValue: MK_HAS_KERNEL)
    static let bias = Inputs(rawValue: MK_HAS_BIAS)
    static let stateBias = Inputs(rawValue: MK_HAS_STATE_BIAS)
    static let h = Inputs(rawValue: MK_HAS_H)
    static let c = Inputs(rawValue: MK_HAS_C)
    static let mask = Inputs(rawValue: MK_HAS_MASK)
    static let factors = Inputs(rawValue: MK_HAS_GAIN)
    static let inOrder: [Inputs] = [.kernel, .bias, .stateBias, .h, .c, .mask, .factors]
  }

  /// The results, in the order of their parts.
  enum Result: Int { case outputs, h, c }

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

  /// The kernel's own form, references left open, for inputs of these types.
  func arguments(_ inputs: [TensorType]) -> mk_recurrent_args {
    let (x, units) = (inputs[0], inputs[1].shape[0])
    var arguments = mk_recurrent_args()
    arguments.batch = Int64(x.shape[0])
    arguments.steps = Int64(x.shape[1])
    arguments.units = Int64(units)
    arguments.inputs = given.contains(.kernel) ? Int64(x.shape[2]) : 0
    arguments.flags = UInt32(given.rawValue | MK_HAS_OUTPUTS | (keeps ? MK_KEEPS : 0))
    arguments.cell = cell.kind.rawValue
    arguments.activation = cell.activation.rawValue
    arguments.gate = cell.gate.rawValue
    arguments.reverse = isReversed ? 1 : 0
    arguments.dtype = x.dtype.kernelType
    return arguments
  }

  /// Records the recurrence of inputs that have been checked.
  func record(_ inputs: [Tensor]) -> (outputs: Tensor, states: [Tensor]) {
    let x = inputs[0].type
    let (batch, steps, units) = (x.shape[0], x.shape[1], inputs[1].shape[0])
    let layout = withUnsafePointer(
      to: arguments(inputs.prefix(2).map(\.type)), mk_recurrent_saved_of)
    let saved = Tensor.record(self, inputs, shape: [Int(layout.count)], dtype: x.dtype)
    func part(_ result: Result, _ offset: Int64, _ shape: Shape) -> Tensor {
      saved.part(result.rawValue, at: Int(offset), shape: shape)
    }
    let h = part(.h, layout.h, [batch, units])
    let states = cell.kind == .lstm ? [h, part(.c, layout.c, [batch, units])] : [h]
    return (part(.outputs, layout.y, [batch, steps, units]), states)
  }

  func gradients(_ at: Backward, wanted: [Bool]) -> [Tensor?] {
    // The factors of the state have a gradient only in the unrolled form.
    if !keeps || index(.factors).map({ wanted[$0] }) ?? false {
      return unrolledGradients(at, wanted: wanted)
    }
    let arrived = [Result.outputs, .h, .c].map { at.part($0.rawValue) }
    return ScanGradient(scan: self, arrived: arrived.map { $0 != nil }, wanted: wanted)
      .record(at.inputs.map { Tensor($0) }, saved: at.y, arrived.compactMap { $0 })
  }

  /// The gradients by way of the step-by-step form.
  private func unrolledGradients(_ at: Backward, wanted: [Bool]) -> [Tensor?] {
    GradientScope.nested { scope in
      let arguments = at.inputs.map { Recorder.current.record(Identity(), [$0], $0.type) }
      let values = unrolled(arguments)
      var (outputs, seeds): ([Node], [Tensor]) = ([], [])
      for (result, value) in [values.outputs, values.h, values.c].enumerated() {
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
    var arguments = self.arguments(step.inputs.prefix(2).map(planner.type(of:)))
    let saved = planner.output(step)
    if step.type.count == 0 { return }
    var references: [(WritableKeyPath<mk_recurrent_args, mk_ref>, Planner.Location)] =
      self.references(step, planner)
    references.append((\.saved, saved))
    if mk_recurrent_reads_plain(&arguments) == 0 {
      references.append((\.packed, planner.packed(step.inputs[1], isTransposed: false)))
    }
    if let index = index(.kernel) {
      references.append(
        (\.packed_kernel, planner.packed(step.inputs[index], isTransposed: false)))
    }
    let parts = self.parts(arguments, planner)
    planner.emit(
      name, detail(arguments), mk_recurrent, arguments, references, parts: parts,
      scratch: mk_recurrent_scratch(&arguments, UInt32(parts)))
  }

  func detail(_ arguments: mk_recurrent_args) -> String {
    let sizes = [arguments.batch, arguments.steps, arguments.inputs, arguments.units]
    return "\(cell.kind) \(sizes.filter { $0 > 0 }.map(Int.init).text)"
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
    let work = 2 * rows * (units + Double(arguments.inputs)) * units * Double(cell.gates)
    return work < 400_000 ? 1 : max(1, min(planner.threads, Int(arguments.batch)))
  }
}

extension Planner {
  /// A matrix, or its transpose, in the panels that the recurrences' products read.
  func packed(_ matrix: Int, isTransposed: Bool) -> Location {
    let source = dense(matrix)
    let shape = isTransposed ? source.layout.shape.reversed() : source.layout.shape
    var arguments = mk_recurrent_pack_args()
    (arguments.k, arguments.n) = (Int64(shape[0]), Int64(shape[1]))
    arguments.transposed = isTransposed ? 1 : 0
    arguments.dtype = source.dtype.kernelType
    let target = workspace(
      byteCount: mk_recurrent_pack_bytes(arguments.k, arguments.n, arguments.dtype))
    emit(
      "pack", shape.text, mk_recurrent_pack, arguments, [(\.x, source), (\.y, target)],
      parts: parts(forWork: shape.elementCount))
    return target
  }
}
