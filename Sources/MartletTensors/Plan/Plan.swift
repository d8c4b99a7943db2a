import CKernels

/// A graph made ready to run: a flat list of kernel calls over an arena, the inputs and the outputs.
///
/// A plan never changes, and can be run by several threads at once over different buffers.
///
/// Unchecked `Sendable`: everything is constant after `init` but the spare arena, which `lock`
/// guards.
public final class Plan: @unchecked Sendable {
  /// The buffers that calls refer to, in this order: the arena, the constants, the error slots, none
  /// (`MK_HANDED_BASE`), the leaves, the outputs.
  enum Base {
    static let arena = 0
    static let constants = 1
    static let errors = 2
    static let handed = Int(MK_HANDED_BASE)
    static let leaves = handed + 1
  }

  /// Where the value of an output of the graph is found after a run.
  enum Result {
    /// In the memory of a leaf, which it shares.
    case leaf(Int)
    /// In an output of the plan.
    case output(Int)
  }

  /// An output of the plan: new memory, or the memory of a leaf that nobody needs any more.
  struct Output {
    let byteCount: Int
    let donor: Int?
  }

  /// What a description and a profile say of one call.
  struct Step: Sendable {
    let label: String
    let detail: String
    let parts: Int
  }

  let steps: [Step]
  /// How many threads it runs on at most.
  let threads: UInt32
  let arenaBytes: Int
  let scratchBytes: Int
  /// For each constant leaf, its index among the leaves; its bits stand at 16 bytes each.
  let constants: [Int]
  /// For each error slot, the node that reports it.
  let errorNodes: [Int]
  let leafCount: Int
  let outputs: [Output]
  let results: [Result]

  private let calls: UnsafeMutableBufferPointer<mk_call>
  private let memory: PlanMemory
  private let lock = Lock()
  private var spareArena: Storage?

  init(
    calls: [mk_call], steps: [Step], threads: Int, memory: PlanMemory, arenaBytes: Int,
    scratchBytes: Int, constants: [Int], errorNodes: [Int], leafCount: Int, outputs: [Output],
    results: [Result]
  ) {
    self.calls = .allocate(capacity: calls.count)
    _ = self.calls.initialize(from: calls)
    self.steps = steps
    self.threads = UInt32(threads)
    self.memory = memory
    self.arenaBytes = arenaBytes
    self.scratchBytes = scratchBytes
    self.constants = constants
    self.errorNodes = errorNodes
    self.leafCount = leafCount
    self.outputs = outputs
    self.results = results
  }

  deinit { calls.deallocate() }

  /// What the plan occupies while it is kept, its arena included.
  var byteCount: Int { arenaBytes + memory.byteCount + calls.count * MemoryLayout<mk_call>.stride }

  /// Runs the plan over the leaves of a snapshot and returns the memory of the results, in order.
  func run(_ snapshot: Snapshot, profile: Profile?) -> [Storage] {
    let made = replay(snapshot.storages, profile: profile) { words in
      for (index, leaf) in constants.enumerated() {
        guard let constant = snapshot.leaves[leaf].operation as? Constant else {
          internalError("a constant of a plan is none")
        }
        words[2 * index] = constant.bits.0
        words[2 * index + 1] = constant.bits.1
      }
    } failed: { node, code, detail in
      snapshot.nodes[node].operation.fail(code, detail, snapshot.nodes[node])
    }
    withExtendedLifetime(snapshot) {}
    return results.map { result in
      switch result {
      case .output(let index): return made[index]
      case .leaf(let index):
        guard let storage = snapshot.storages[index] else {
          return constantStorage(snapshot.leaves[index])
        }
        return storage
      }
    }
  }

  /// Runs the plan and returns the memory of its outputs, in order.
  ///
  /// - Parameters:
  ///   - storages: The memory of each leaf; nil for constants.
  ///   - fill: Writes the constants' bits, two words for each constant leaf in the leaves' order.
  ///   - failed: Called for a node whose kernel found a mistake, with what it reports.
  func replay(
    _ storages: [Storage?], profile: Profile?,
    constants fill: (UnsafeMutableBufferPointer<UInt64>) -> Void,
    failed: (_ node: Int, _ code: Int64, _ detail: Int64) -> Void
  ) -> [Storage] {
    let arena = takeArena()
    var made: [Storage] = []
    made.reserveCapacity(outputs.count)
    for output in outputs {
      if let donor = output.donor, let storage = storages[donor] {
        made.append(storage)
      } else {
        made.append(Storage(byteCount: output.byteCount))
      }
    }
    withUnsafeTemporaryAllocation(
      of: UInt64.self, capacity: 2 * (constants.count + errorNodes.count + 1)
    ) { words in
      fill(words)
      let errors = UnsafeMutableBufferPointer(rebasing: words[(2 * constants.count)...])
      for index in 0..<(2 * errorNodes.count) { errors[index] = 0 }
      withUnsafeTemporaryAllocation(
        of: UnsafeMutableRawPointer?.self, capacity: Base.leaves + leafCount + outputs.count
      ) { bases in
        bases[Base.arena] = arena?.pointer
        bases[Base.constants] = UnsafeMutableRawPointer(words.baseAddress)
        bases[Base.errors] = UnsafeMutableRawPointer(errors.baseAddress)
        bases[Base.handed] = nil
        for (index, storage) in storages.enumerated() {
          bases[Base.leaves + index] = storage?.pointer
        }
        for (index, storage) in made.enumerated() {
          bases[Base.leaves + leafCount + index] = storage.pointer
        }
        if let profile {
          replayTimed(bases, into: profile)
        } else {
          mk_replay(
            calls.baseAddress, calls.count, bases.baseAddress, scratchBytes, threads, nil)
        }
      }
      for (index, node) in errorNodes.enumerated() where errors[2 * index] != 0 {
        failed(
          node, Int64(bitPattern: errors[2 * index]), Int64(bitPattern: errors[2 * index + 1]))
      }
    }
    withExtendedLifetime(storages) {}
    returnArena(arena)
    return made
  }

  private func replayTimed(
    _ bases: UnsafeMutableBufferPointer<UnsafeMutableRawPointer?>, into profile: Profile
  ) {
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: calls.count + 1) { times in
      times.initialize(repeating: 0)
      mk_replay(
        calls.baseAddress, calls.count, bases.baseAddress, scratchBytes, threads, times.baseAddress)
      for (index, step) in steps.enumerated() {
        profile.add(step, nanoseconds: Int(times[index]))
      }
    }
  }

  /// The arena of the last run if no other run is using it, else a new one.
  private func takeArena() -> Storage? {
    if arenaBytes == 0 { return nil }
    let spare = lock.withLock {
      let spare = spareArena
      spareArena = nil
      return spare
    }
    return spare ?? Storage(byteCount: arenaBytes)
  }

  private func returnArena(_ arena: Storage?) {
    lock.withLock { spareArena = arena }
  }

  /// Gives the memory back that waits for the next run.
  func dropArena() { returnArena(nil) }
}

/// The memory of a constant, for those who read or keep its element.
func constantStorage(_ node: Node) -> Storage {
  guard let constant = node.operation as? Constant else {
    internalError("a constant of a plan is none")
  }
  let storage = Storage(byteCount: node.type.byteCount)
  withUnsafeBytes(of: constant.bits) {
    storage.pointer.copyMemory(
      from: $0.baseAddress!, byteCount: min(node.type.byteCount, 16))
  }
  return storage
}

extension Plan: CustomStringConvertible {
  /// The kernels in order, with their sizes and parts, and the memory they need.
  public var description: String {
    var lines = ["plan: \(steps.count) kernels, arena \(arenaBytes) bytes"]
    for (index, step) in steps.enumerated() {
      let parts = step.parts > 1 ? " in \(step.parts) parts" : ""
      lines.append("  \(index)  \(step.label)  \(step.detail)\(parts)")
    }
    return lines.joined(separator: "\n")
  }
}

/// The argument structures of a plan's calls: raw memory that lives as long as the plan.
final class PlanMemory {
  private var blocks: [UnsafeMutableRawPointer] = []
  private var objects: [AnyObject] = []
  private(set) var byteCount = 0

  /// A copy of a value that kernels can point to.
  func keep<Value>(_ value: Value) -> UnsafeMutablePointer<Value> {
    keep([value])
  }

  /// A copy of values, one after the other.
  func keep<Value>(_ values: [Value]) -> UnsafeMutablePointer<Value> {
    let pointer = UnsafeMutablePointer<Value>.allocate(capacity: max(values.count, 1))
    pointer.initialize(from: values, count: values.count)
    blocks.append(UnsafeMutableRawPointer(pointer))
    byteCount += values.count * MemoryLayout<Value>.stride
    return pointer
  }

  /// Holds on to an object that a kernel's arguments refer to.
  func keep(object: AnyObject) -> UnsafeMutableRawPointer {
    objects.append(object)
    return Unmanaged.passUnretained(object).toOpaque()
  }

  deinit { for block in blocks { block.deallocate() } }
}
