import CKernels

/// The way back through a `Scan`.
///
/// Inputs: those of the scan, its node, then the gradients that arrived at outputs, last h, last c.
/// Results, as parts of one node: dz (batch, steps, gates·units); dzh likewise, for the GRU, at the
/// state's product; the sums of both over time (batch, gates·units); dh, dc at the start.
struct ScanGradient: Operation {
  let name = "scanGradient"
  let scan: Scan
  /// Which of the gradients of outputs, last h and last c there are.
  let arrived: [Bool]

  enum Result: Int { case dz, dzh, sum, sumH, h, c }

  struct Found {
    let dz, sum, dh: Tensor
    let dzh, sumH, dc: Tensor?
  }

  func encode(into key: inout PlanKey) {
    scan.encode(into: &key)
    key.add(arrived.enumerated().reduce(0) { $1.element ? $0 | 1 << $1.offset : $0 })
  }

  func record(_ inputs: [Tensor], saved: Tensor, _ gradients: [Tensor]) -> Found {
    let z = inputs[0].type
    let states = [z.shape[0], z.shape[2] / scan.cell.gates]
    let wide = [z.shape[0], z.shape[2]]
    let layout = withUnsafePointer(to: scan.arguments(z), mk_recurrent_out_of)
    let all = Tensor.record(
      self, inputs + [saved] + gradients, shape: [Int(layout.count)], dtype: z.dtype)
    func part(_ result: Result, _ offset: Int64, _ shape: Shape) -> Tensor {
      all.part(result.rawValue, at: Int(offset), shape: shape)
    }
    let isGRU = scan.cell.kind == .gru
    return Found(
      dz: part(.dz, layout.dz, z.shape), sum: part(.sum, layout.sum, wide),
      dh: part(.h, layout.h, states), dzh: isGRU ? part(.dzh, layout.dzh, z.shape) : nil,
      sumH: isGRU ? part(.sumH, layout.sum_h, wide) : nil,
      dc: scan.cell.kind == .lstm ? part(.c, layout.c, states) : nil)
  }

  /// The step-by-step form, differentiated once for the results and once more from them.
  func gradients(_ at: Backward, wanted: [Bool]) -> [Tensor?] {
    GradientScope.nested { scope in
      let count = scan.inputCount
      // The scan's node is a function of its inputs.
      let given = Array(at.inputs[..<count]) + at.inputs[(count + 1)...]
      let arguments = given.map { Recorder.current.record(Identity(), [$0], $0.type) }
      let inputs = Array(arguments[..<count])
      func zeros(_ shape: Shape) -> Tensor {
        let zeros = Tensor.zeros(shape, dtype: inputs[0].dtype)
        return Recorder.current.record(Identity(), [zeros.node], zeros.type)
      }
      let (shape, units) = (inputs[0].shape, inputs[1].shape[0])
      let atProducts = zeros(shape)
      let starts = [Scan.Inputs.h, .c].map {
        scan.index($0).map { inputs[$0] } ?? zeros([shape[0], units])
      }
      let values = scan.unrolled(inputs, from: starts, adding: atProducts)
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
        from: ends, seeds: arriving,
        to: [inputs[0].node, atProducts.node] + starts.map(\.node), within: scope)
      let results = [first[0], first[1], first[0], first[1], first[2], first[3]]
      var (outputs, seeds): ([Node], [Tensor]) = ([], [])
      for (index, result) in results.enumerated() {
        guard let result, var seed = at.part(index) else { continue }
        if index == Result.sum.rawValue || index == Result.sumH.rawValue {
          seed = seed.reshaped(to: [shape[0], 1, shape[2]]).broadcast(to: shape)
        }
        outputs.append(result.node)
        seeds.append(seed)
      }
      var shares = backward(
        from: outputs, seeds: seeds, to: arguments.map(\.node), within: scope)
      shares.insert(nil, at: count)
      return zip(wanted, shares).map { $0 ? $1 : nil }
    }
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    var arguments = mk_recurrent_gradient_args()
    arguments.forward = scan.arguments(planner.type(of: step.inputs[0]))
    let out = planner.output(step)
    if step.type.count == 0 { return }
    let flags = [MK_HAS_DY, MK_HAS_DH, MK_HAS_DC]
    let paths: [WritableKeyPath<mk_recurrent_gradient_args, mk_ref>] = [\.dy, \.dh, \.dc]
    var references: [(WritableKeyPath<mk_recurrent_gradient_args, mk_ref>, Planner.Location)] = []
    let forward: WritableKeyPath<mk_recurrent_gradient_args, mk_recurrent_args> = \.forward
    // Of what the scan read, z and the recurrent kernel come first: the way back does without.
    for (path, place) in scan.references(step, planner).dropFirst(2) {
      references.append((forward.appending(path: path), place))
    }
    let count = scan.inputCount
    references.append((\.forward.saved, planner.dense(step.inputs[count])))
    references.append((\.out, out))
    var next = count + 1
    for index in arrived.indices where arrived[index] {
      arguments.forward.flags |= UInt32(flags[index])
      references.append((paths[index], planner.dense(step.inputs[next])))
      next += 1
    }
    let units = Int(arguments.forward.units)
    references.append(
      (
        \.forward.packed,
        planner.packed(
          step.inputs[1], rows: units * scan.cell.gates, columns: units, isTransposed: true)
      ))
    let parts = scan.parts(arguments.forward, planner)
    planner.emit(
      name, scan.detail(arguments.forward), mk_recurrent_gradient, arguments, references,
      parts: parts, scratch: mk_recurrent_gradient_scratch(&arguments.forward, UInt32(parts)))
  }
}
