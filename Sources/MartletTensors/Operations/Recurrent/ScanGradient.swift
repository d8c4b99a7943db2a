import CKernels

/// The way back through a `Scan`.
///
/// Inputs: those of the scan, its node, then the gradients that arrived at outputs, last h, last c.
/// Results, as parts of one node: dz (batch, steps, gates·units), or dx (batch, steps, inputs) of a
/// scan with a kernel; dh, dc at the start; then the gradients of kernels and biases, products with
/// dz that are summed while it is near:
///
///     [dU; dW; db] = Σ [h | x | 1]ᵀ dz        for the GRU [dU; db of the state] and [dW; db]
struct ScanGradient: Operation {
  let name = "scanGradient"
  let scan: Scan
  /// Which of the gradients of outputs, last h and last c there are.
  let arrived: [Bool]
  /// Which of the scan's inputs want a gradient.
  let wanted: [Bool]

  enum Result: Int { case input, h, c, recurrentKernel, stateBias, kernel, bias }

  private func wants(_ input: Scan.Inputs) -> Bool {
    scan.index(input).map { wanted[$0] } ?? false
  }
  private var wantsKernels: Bool {
    wanted[1] || wants(.kernel) || wants(.bias) || wants(.stateBias)
  }

  func encode(into key: inout PlanKey) {
    scan.encode(into: &key)
    key.add(arrived.enumerated().reduce(0) { $1.element ? $0 | 1 << $1.offset : $0 })
    key.add((wanted[0] ? 1 : 0) | (wantsKernels ? 2 : 0))
  }

  /// The kernel's own form, references left open.
  private func arguments(_ inputs: [TensorType]) -> mk_recurrent_gradient_args {
    var arguments = mk_recurrent_gradient_args()
    arguments.forward = scan.arguments(inputs)
    let flags = [MK_HAS_DY, MK_HAS_DH, MK_HAS_DC]
    for (flag, isThere) in zip(flags, arrived) where isThere {
      arguments.forward.flags |= UInt32(flag)
    }
    if wanted[0] { arguments.forward.flags |= UInt32(MK_WANTS_INPUT) }
    if wantsKernels { arguments.forward.flags |= UInt32(MK_WANTS_KERNELS) }
    return arguments
  }

  /// Records the way back; the gradients of the scan's inputs.
  func record(_ inputs: [Tensor], saved: Tensor, _ gradients: [Tensor]) -> [Tensor?] {
    let (x, units) = (inputs[0], inputs[1].shape[0])
    let (states, width) = ([x.shape[0], units], scan.cell.gates * units)
    let arguments = arguments(inputs.prefix(2).map(\.type)).forward
    let layout = withUnsafePointer(to: arguments, mk_recurrent_out_of)
    let rows = withUnsafePointer(to: arguments, mk_recurrent_saved_of)
    let all = Tensor.record(
      self, inputs + [saved] + gradients, shape: [Int(layout.count)], dtype: x.dtype)
    func part(_ result: Result, _ offset: Int64, _ shape: Shape) -> Tensor {
      all.part(result.rawValue, at: Int(offset), shape: shape)
    }
    /// What is found from a column of the rows on.
    func product(_ result: Result, _ column: Int64, _ shape: Shape) -> Tensor {
      part(result, layout.kernels + column * Int64(width), shape)
    }
    var found = [Tensor?](repeating: nil, count: inputs.count)
    if wanted[0] { found[0] = part(.input, layout.input, x.shape) }
    if wanted[1] { found[1] = product(.recurrentKernel, 0, inputs[1].shape) }
    func find(_ input: Scan.Inputs, _ gradient: () -> Tensor) {
      if let index = scan.index(input), wanted[index] { found[index] = gradient() }
    }
    find(.kernel) { product(.kernel, rows.x, [Int(arguments.inputs), width]) }
    find(.bias) { product(.bias, rows.x + arguments.inputs, [width]) }
    find(.stateBias) { product(.stateBias, Int64(units), [width]) }
    find(.h) { part(.h, layout.h, states) }
    find(.c) { part(.c, layout.c, states) }
    return found
  }

  /// The step-by-step form, differentiated once for the results and once more from them.
  func gradients(_ at: Backward, wanted: [Bool]) -> [Tensor?] {
    GradientScope.nested { scope in
      let count = scan.inputCount
      // The scan's node is a function of its inputs.
      let given = Array(at.inputs[..<count]) + at.inputs[(count + 1)...]
      let arguments = given.map { Recorder.current.record(Identity(), [$0], $0.type) }
      let inputs = Array(arguments[..<count])
      let values = scan.unrolled(inputs)
      var (ends, arriving): ([Node], [Tensor]) = ([], [])
      var next = count
      for (value, hasArrived) in zip([values.outputs, values.h, values.c], arrived)
      where hasArrived {
        if let value {
          ends.append(value.node)
          arriving.append(arguments[next])
        }
        next += 1
      }
      let first = backward(
        from: ends, seeds: arriving, to: inputs.map(\.node), within: scope)
      let places: [(Result, Int?)] = [
        (.input, 0), (.recurrentKernel, 1), (.kernel, scan.index(.kernel)),
        (.bias, scan.index(.bias)), (.stateBias, scan.index(.stateBias)), (.h, scan.index(.h)),
        (.c, scan.index(.c)),
      ]
      var (outputs, seeds): ([Node], [Tensor]) = ([], [])
      for (result, place) in places {
        guard let place, let value = first[place], let seed = at.part(result.rawValue) else {
          continue
        }
        outputs.append(value.node)
        seeds.append(seed)
      }
      var shares = backward(
        from: outputs, seeds: seeds, to: arguments.map(\.node), within: scope)
      shares.insert(nil, at: count)
      return zip(wanted, shares).map { $0 ? $1 : nil }
    }
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    var arguments = arguments(step.inputs.prefix(2).map(planner.type(of:)))
    let out = planner.output(step)
    if step.type.count == 0 { return }
    let paths: [WritableKeyPath<mk_recurrent_gradient_args, mk_ref>] = [\.dy, \.dh, \.dc]
    var references: [(WritableKeyPath<mk_recurrent_gradient_args, mk_ref>, Planner.Location)] = []
    let forward: WritableKeyPath<mk_recurrent_gradient_args, mk_recurrent_args> = \.forward
    // Of what the scan read, the sequence and the recurrent kernel come first: the way back does
    // without.
    for (path, place) in scan.references(step, planner).dropFirst(2) {
      references.append((forward.appending(path: path), place))
    }
    let count = scan.inputCount
    references.append((\.forward.saved, planner.dense(step.inputs[count])))
    references.append((\.out, out))
    let arriving = zip(paths, arrived).filter(\.1).map(\.0)
    for (path, input) in zip(arriving, step.inputs[(count + 1)...]) {
      references.append((path, planner.dense(input)))
    }
    references.append((\.forward.packed, planner.packed(step.inputs[1], isTransposed: true)))
    if wanted[0], let index = scan.index(.kernel) {
      references.append(
        (\.forward.packed_kernel, planner.packed(step.inputs[index], isTransposed: true)))
    }
    let parts = scan.parts(arguments.forward, planner)
    let sizes = arguments.forward
    if wantsKernels {
      arguments.deferred = mk_recurrent_defers(&arguments.forward, UInt32(parts)) == 0 ? 0 : 1
      references.append(
        (
          \.partials,
          planner.workspace(byteCount: mk_recurrent_partial_bytes(&arguments.forward))
        ))
      if arguments.deferred == 1 {
        references.append(
          (\.panels, planner.workspace(byteCount: mk_recurrent_panel_bytes(&arguments.forward))))
      }
    }
    planner.emit(
      name, scan.detail(sizes), mk_recurrent_gradient, arguments, references, parts: parts,
      scratch: mk_recurrent_gradient_scratch(&arguments.forward))
    // The sums stand where they belong if there is but one chunk of them, added up on the way.
    let isSummed =
      arguments.deferred == 0 && mk_recurrent_partial_bytes(&arguments.forward) == 0
      && sizes.batch * sizes.steps > 0
    if wantsKernels && !isSummed {
      let products = arguments.deferred == 1 ? Int(sizes.batch * sizes.steps) : 1
      planner.emit(
        "kernelGradients", scan.detail(sizes), mk_recurrent_products, arguments, references,
        parts: planner.parts(forWork: products * (step.type.count - Int(kernelsBegin(sizes)))))
    }
  }

  private func kernelsBegin(_ arguments: mk_recurrent_args) -> Int64 {
    withUnsafePointer(to: arguments) { mk_recurrent_out_of($0).kernels }
  }
}
