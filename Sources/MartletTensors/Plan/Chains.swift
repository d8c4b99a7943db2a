import CKernels

/// A step of a program in the making.
struct ProgramStep {
  let run: mk_block_function
  /// The register that it writes.
  let target: Int
  /// The registers that it reads.
  let inputs: [Int]
  /// What it is to a chain; nil if chains do not know it.
  let operation: mk_operation?
}

/// Joins neighbouring float32 steps to chains, which hand their values on in vector registers: a
/// value passes through memory only where something but the next step reads it.
struct Chains {
  private let steps: [ProgramStep]
  /// For each step, the steps that read what it writes.
  private var readers: [[Int]]
  /// For each step and input, the step that wrote it; nil for an operand.
  private var writers: [[Int?]]
  /// Steps whose value is still there at the end of the program, in a register that `results` names.
  private var remaining: Set<Int>

  init(_ steps: [ProgramStep], results: [Int]) {
    self.steps = steps
    readers = Array(repeating: [], count: steps.count)
    writers = []
    var writer: [Int: Int] = [:]  // by register
    for (index, step) in steps.enumerated() {
      writers.append(step.inputs.map { writer[$0] })
      for input in step.inputs {
        if let origin = writer[input] { readers[origin].append(index) }
      }
      writer[step.target] = index
    }
    remaining = Set(results.compactMap { writer[$0] })
  }

  /// The steps as the kernels read them.
  func kernelSteps(_ memory: PlanMemory) -> [mk_step] {
    var made: [mk_step] = []
    var index = 0
    while index < steps.count {
      let end = steps[index...].firstIndex { $0.operation == nil } ?? steps.count
      if end - index >= 2 {
        made.append(chain(index..<end, memory))
        index = end
      } else {
        made.append(single(steps[index]))
        index += 1
      }
    }
    return made
  }

  private func single(_ step: ProgramStep) -> mk_step {
    var made = mk_step()
    made.run = step.run
    made.y = UInt16(step.target)
    made.a = UInt16(step.inputs[0])
    made.b = UInt16(step.inputs.count > 1 ? step.inputs[1] : 0)
    made.c = UInt16(step.inputs.count > 2 ? step.inputs[2] : 0)
    return made
  }

  private func chain(_ range: Range<Int>, _ memory: PlanMemory) -> mk_step {
    var links: [mk_link] = []
    var slots: [Int: Int] = [:]  // by the step whose value is kept for one strip
    var slotCount = 0
    var freeSlots: [Int] = []

    func add(_ code: Int, _ place: Int) {
      links.append(mk_link(code: UInt16(code), reg: UInt16(place)))
    }
    func add(_ step: ProgramStep, _ form: Int, _ place: Int) {
      add(Int(mk_link_code(step.operation!, Int32(form))), place)
    }
    for index in range {
      let step = steps[index]
      let places = zip(step.inputs, writers[index]).map { register, writer in
        writer.flatMap { slots[$0] }.map { Int(MK_SLOT) + $0 } ?? register
      }
      let isHeld = writers[index].map { index > range.lowerBound && $0 == index - 1 }
      if places.count == 1 {
        if !isHeld[0] { add(Int(MK_TAKE), places[0]) }
        add(step, Int(MK_FIRST), places[0])
      } else if isHeld[1] && !isHeld[0] {
        add(step, Int(MK_SECOND), places[0])
      } else {
        if !isHeld[0] { add(Int(MK_TAKE), places[0]) }
        add(step, Int(MK_FIRST), places[1])
      }
      for writer in slots.keys.sorted() where readers[writer].last == index {
        freeSlots.append(slots.removeValue(forKey: writer)!)
      }
      let isReadOutside =
        remaining.contains(index) || readers[index].contains { $0 >= range.upperBound }
      if isReadOutside {
        add(Int(MK_PUT), step.target)
      } else if readers[index] != [index + 1] {
        let slot = freeSlots.popLast() ?? slotCount
        slotCount = max(slotCount, slot + 1)
        slots[index] = slot
        add(Int(MK_PUT), Int(MK_SLOT) + slot)
      }
    }
    add(Int(MK_END), 0)
    var made = mk_step()
    made.links = UnsafePointer(memory.keep(links))
    made.link_count = UInt32(links.count)
    made.slot_count = UInt32(slotCount)
    return made
  }

  /// The members of a unit in an order that lets each, where it can, use what was computed just
  /// before; else that of recording.
  static func order(_ members: [Int], _ graph: CanonicalGraph) -> [Int] {
    let own = Set(members)
    var waiting: [Int: Int] = [:]  // members that a member still needs
    var readers: [Int: [Int]] = [:]
    for member in members {
      let needed = Set(graph.inputs[member]).filter(own.contains)
      waiting[member] = needed.count
      for input in needed { readers[input, default: []].append(member) }
    }
    var order: [Int] = []
    var isDone: Set<Int> = []
    var last: Int?
    var first = 0  // no member before it is left
    while order.count < members.count {
      while isDone.contains(members[first]) { first += 1 }
      let next =
        last.flatMap { readers[$0]?.first { waiting[$0] == 0 } }
        ?? members[first...].first { waiting[$0] == 0 && !isDone.contains($0) }!
      order.append(next)
      isDone.insert(next)
      for reader in readers[next] ?? [] { waiting[reader]! -= 1 }
      last = next
    }
    return order
  }
}
