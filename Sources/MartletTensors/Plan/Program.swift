import CKernels

/// A fused chain of elementwise operations, as the kernels' interpreter reads it.
struct Program {
  let pointer: UnsafeMutablePointer<mk_program>
  let references: [(pointer: UnsafeMutablePointer<mk_ref>, buffer: Int, byteOffset: Int)]
  let inPlace: [(read: Int, written: Int)]

  /// Translates `members`, all of `shape`, into steps over registers.
  ///
  /// - Parameters:
  ///   - axes: The order of the iteration space's axes; a reduction wants its own.
  ///   - results: The members whose values go to memory, and where.
  ///   - values: For the map of reductions: what each of them reduces.
  init(
    _ members: [Int], shape: Shape, axes: [Int]? = nil,
    results: [(node: Int, place: Buffers.Location)] = [], values: [Int] = [], planner: Planner
  ) {
    let members = Chains.order(members, planner.graph)
    let axes = axes ?? Array(shape.indices)
    var builder = ProgramBuilder(shape: axes.map { shape[$0] }, isDonated: planner.isDonated)
    var registers: [Int: Int] = [:]  // by reference: a node's register

    func register(of reference: Int) -> Int {
      if let known = registers[reference] { return known }
      let place = planner.location(reference)
      let layout = place.layout.broadcast(to: shape).permuted(axes)
      let register = builder.operand(place, layout)
      registers[reference] = register
      return register
    }

    let kept = Set(results.map(\.node)).union(values)
    var lastRead: [Int: Int] = [:]
    for member in members {
      for input in planner.graph.inputs[member] { lastRead[input] = member }
    }
    for member in members {
      let node = planner.graph.nodes[member]
      if planner.graph.isSource(member) {
        let inputs = planner.graph.inputs[member].map(planner.location)
        registers[member] = builder.draw(key: inputs[0], parameter: inputs[1], node.type.dtype)
        continue
      }
      guard let operation = node.operation as? any ElementwiseOperation else {
        internalError("\(node.operation.name) is not elementwise")
      }
      let inputs = planner.graph.inputs[member]
      let own = inputs.map(register)
      for input in Set(inputs) where lastRead[input] == member {
        // A register read here for the last time may take the result.
        if members.contains(input), !kept.contains(input), !planner.graph.isSource(input),
          let free = registers[input]
        {
          builder.free(free)
        }
      }
      let target = builder.step(
        operation.block(
          input: planner.type(of: inputs[inputs.count > 2 ? 1 : 0]).dtype,
          output: node.type.dtype),
        own, operation: operation.link(of: node.type.dtype), dtype: node.type.dtype,
        keeps: kept.contains(member))
      registers[member] = target
    }
    for value in values { builder.value(register(of: value), planner.type(of: value).dtype) }
    for result in results { builder.result(registers[result.node]!, result.place) }
    self = builder.finish(planner.memory)
  }

  init(
    pointer: UnsafeMutablePointer<mk_program>,
    references: [(pointer: UnsafeMutablePointer<mk_ref>, buffer: Int, byteOffset: Int)],
    inPlace: [(read: Int, written: Int)]
  ) {
    self.pointer = pointer
    self.references = references
    self.inPlace = inPlace
  }
}

/// Collects operands, steps and results, and decides how the iteration space is walked.
private struct ProgramBuilder {
  private struct Operand {
    let place: Buffers.Location
    let layout: Layout
    let register: Int
    /// Of what is drawn, whose place is the key's: where the probability lies.
    var parameter: Buffers.Location?
    var lastStep = -1
  }
  private struct Result {
    let place: Buffers.Location?
    let register: Int
    let dtype: DType
  }

  private let shape: Shape
  private var operands: [Operand] = []
  private var operandIndex: [OperandKey: Int] = [:]
  private var steps: [ProgramStep] = []
  private var definedAt: [Int: Int] = [:]  // by register: the step that writes it last
  private var results: [Result] = []
  private var registerCount = 0
  private var freeRegisters: [Int] = []
  private var widest = 1

  private struct OperandKey: Hashable {
    let buffer: Int
    let layout: Layout
    let dtype: DType
  }

  /// Whether a buffer is a leaf that may be overwritten.
  private let isDonated: (Int) -> Bool

  init(shape: Shape, isDonated: @escaping (Int) -> Bool = { _ in false }) {
    self.shape = shape
    self.isDonated = isDonated
  }

  mutating func operand(_ place: Buffers.Location, _ layout: Layout) -> Int {
    let key = OperandKey(buffer: place.buffer, layout: layout, dtype: place.dtype)
    if let index = operandIndex[key] { return operands[index].register }
    operandIndex[key] = operands.count
    operands.append(Operand(place: place, layout: layout, register: registerCount))
    widest = max(widest, place.dtype.byteCount)
    registerCount += 1
    return registerCount - 1
  }

  mutating func draw(
    key: Buffers.Location, parameter: Buffers.Location, _ dtype: DType
  ) -> Int {
    let place = Buffers.Location(buffer: key.buffer, dtype: dtype, layout: key.layout)
    operands.append(
      Operand(
        place: place, layout: place.layout, register: registerCount, parameter: parameter))
    registerCount += 1
    return registerCount - 1
  }

  mutating func step(
    _ run: @escaping mk_block_function, _ inputs: [Int], operation: mk_operation?, dtype: DType,
    keeps: Bool
  ) -> Int {
    widest = max(widest, dtype.byteCount)
    let target: Int
    if !keeps, let free = freeRegisters.popLast() {
      target = free
    } else {
      target = registerCount
      registerCount += 1
    }
    for index in operands.indices where inputs.contains(operands[index].register) {
      operands[index].lastStep = steps.count
    }
    definedAt[target] = steps.count
    steps.append(
      ProgramStep(run: run, target: target, inputs: inputs, operation: operation))
    return target
  }

  mutating func free(_ register: Int) { freeRegisters.append(register) }

  mutating func result(_ register: Int, _ place: Buffers.Location) {
    results.append(Result(place: place, register: register, dtype: place.dtype))
  }

  mutating func value(_ register: Int, _ dtype: DType) {
    // An operand that is reduced as it is is read when all steps are done.
    for index in operands.indices where operands[index].register == register {
      operands[index].lastStep = .max
    }
    results.append(Result(place: nil, register: register, dtype: dtype))
  }

  func finish(_ memory: PlanMemory) -> Program {
    let axes = walkedAxes()
    let sizes = axes.map { group in group.reduce(1) { $0 * shape[$1] } }
    var own: [mk_operand] = []
    for operand in operands {
      var entry = mk_operand()
      entry.reg = UInt16(operand.register)
      entry.dtype = operand.place.dtype.kernelType
      if operand.parameter != nil {
        entry.kind = UInt8(MK_DRAWN)
      } else {
        entry.kind = UInt8(kind(of: operand.layout))
        fill(&entry.stride, axes.map { operand.layout.strides[$0.last!] })
      }
      own.append(entry)
    }
    let operandMemory = memory.keep(own)
    let resultMemory = memory.keep(
      results.map { result in
        var entry = mk_result()
        entry.reg = UInt16(result.register)
        entry.dtype = result.dtype.kernelType
        entry.direct = result.place == nil ? 0 : 1
        return entry
      })
    let ownSteps = Chains(steps, results: results.map(\.register)).kernelSteps(memory)
    var program = mk_program()
    program.count = UInt64(shape.elementCount)
    fill(&program.size, sizes)
    program.rank = UInt32(sizes.count)
    program.register_count = UInt32(registerCount)
    program.register_bytes = UInt32(Int(MK_BLOCK) * widest)
    program.operand_count = UInt16(operands.count)
    program.step_count = UInt16(ownSteps.count)
    program.result_count = UInt16(results.count)
    program.operands = UnsafePointer(operandMemory)
    program.steps = UnsafePointer(memory.keep(ownSteps))
    program.results = UnsafePointer(resultMemory)

    var references: [(pointer: UnsafeMutablePointer<mk_ref>, buffer: Int, byteOffset: Int)] = []
    for (index, operand) in operands.enumerated() {
      // The first element of the view: negative strides start at the far end.
      let place = Buffers.Location(
        buffer: operand.place.buffer, dtype: operand.place.dtype, layout: operand.layout)
      guard let field = (operandMemory + index).pointer(to: \.ref) else {
        internalError("no such field")
      }
      references.append((field, place.buffer, place.byteOffset))
      if let parameter = operand.parameter {
        guard let field = (operandMemory + index).pointer(to: \.parameter) else {
          internalError("no such field")
        }
        references.append((field, parameter.buffer, parameter.byteOffset))
      }
    }
    for (index, result) in results.enumerated() {
      guard let place = result.place else { continue }
      guard let field = (resultMemory + index).pointer(to: \.ref) else {
        internalError("no such field")
      }
      references.append((field, place.buffer, place.byteOffset))
    }
    return Program(
      pointer: memory.keep(program), references: references, inPlace: inPlacePairs())
  }

  /// Results that may take the place of an operand: same bytes at the same places, and nothing
  /// reads the operand after the result is written, neither a step nor what reduces it as it is.
  private func inPlacePairs() -> [(read: Int, written: Int)] {
    var pairs: [(read: Int, written: Int)] = []
    var taken: Set<Int> = []
    // Leaves before temporaries: a weight's new value lies where the old one lay, and the arena's
    // memory serves the next gradient.
    let candidates =
      operands.filter { isDonated($0.place.buffer) }
      + operands.filter { !isDonated($0.place.buffer) }
    for result in results {
      guard let place = result.place, let written = definedAt[result.register] else { continue }
      for operand in candidates
      where operand.parameter == nil && operand.layout.isDense && operand.layout.offset == 0
        && operand.place.dtype.byteCount == result.dtype.byteCount && operand.lastStep <= written
        && kind(of: operand.layout) == Int(MK_DENSE)
        && operands.count(where: { $0.place.buffer == operand.place.buffer }) == 1
        && !taken.contains(operand.place.buffer)
      {
        pairs.append((operand.place.buffer, place.buffer))
        taken.insert(operand.place.buffer)
        break
      }
    }
    return pairs
  }

  private func kind(of layout: Layout) -> Int {
    var isScalar = true
    for axis in shape.indices where shape[axis] != 1 && layout.strides[axis] != 0 {
      isScalar = false
    }
    if isScalar { return Int(MK_SCALAR) }
    return layout.isDense ? Int(MK_DENSE) : Int(MK_STRIDED)
  }

  /// The axes to walk, outermost first, adjacent ones joined where every operand allows it.
  private func walkedAxes() -> [[Int]] {
    let strided =
      operands
      .filter { $0.parameter == nil && kind(of: $0.layout) == Int(MK_STRIDED) }.map(\.layout)
    var groups: [[Int]] = []
    for axis in shape.indices where shape[axis] != 1 {
      if let last = groups.last?.last,
        strided.allSatisfy({ $0.strides[last] == $0.strides[axis] * shape[axis] })
      {
        groups[groups.count - 1].append(axis)
      } else {
        groups.append([axis])
      }
    }
    return groups.isEmpty && !shape.isEmpty ? [[0]] : groups
  }
}

extension Program {
  /// A program that only reads a dense buffer.
  init(reading place: Buffers.Location, planner: Planner) {
    var builder = ProgramBuilder(shape: place.layout.shape)
    let register = builder.operand(place, place.layout)
    builder.value(register, place.dtype)
    self = builder.finish(planner.memory)
  }
}
