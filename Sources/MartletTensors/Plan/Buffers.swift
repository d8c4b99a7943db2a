/// The buffers of a plan while it is being made: who writes and reads them when, which can share
/// memory, and where each comes to lie.
struct Buffers {
  /// A place in a buffer, and how elements lie there.
  struct Location {
    var buffer: Int
    var dtype: DType
    var layout: Layout

    /// The place of the first element, in bytes from the start of the buffer.
    var byteOffset: Int { layout.offset * dtype.byteCount }
  }

  enum Kind: Equatable {
    case temporary
    /// What a host keeps in its scratch for its epilogue.
    case handedOver
    case leaf(Int)
    case constant(Int)
    case error(Int)
    case output(Int)
  }

  private struct Buffer {
    let byteCount: Int
    var kind: Kind
    var first = Int.max
    var last = -1
    var reads = 0
    var isZeroed = false
  }

  private var buffers: [Buffer] = []
  private var parent: [Int] = []

  /// Adds a buffer and returns its number.
  mutating func add(_ byteCount: Int, _ kind: Kind) -> Int {
    buffers.append(Buffer(byteCount: byteCount, kind: kind))
    parent.append(buffers.count - 1)
    return buffers.count - 1
  }

  func kind(of buffer: Int) -> Kind { buffers[buffer].kind }
  func byteCount(of buffer: Int) -> Int { buffers[buffer].byteCount }

  /// Makes a temporary buffer an output of the plan.
  mutating func promote(_ buffer: Int, toOutput index: Int) {
    buffers[buffer].kind = .output(index)
  }

  /// Notes that call number `call` touches a buffer.
  mutating func touch(_ buffer: Int, at call: Int) {
    buffers[buffer].first = min(buffers[buffer].first, call)
    buffers[buffer].last = max(buffers[buffer].last, call)
  }

  private func root(_ buffer: Int) -> Int {
    var buffer = buffer
    while parent[buffer] != buffer { buffer = parent[buffer] }
    return buffer
  }

  /// Lets what call `call` writes take the memory of what it reads for the last time, where the two
  /// have the same size.
  ///
  /// `donated` says which leaves may be overwritten.
  mutating func share(read: Int, written: Int, at call: Int, donated: (Int) -> Bool) {
    let from = root(read)
    let to = root(written)
    guard from != to, buffers[from].byteCount == buffers[to].byteCount,
      buffers[from].last == call, buffers[to].first == call
    else { return }
    switch (buffers[from].kind, buffers[to].kind) {
    case (.temporary, .temporary): break
    case (.leaf(let leaf), _) where !donated(leaf) || holdsOutput(leaf): return
    case (.leaf, .temporary): break
    case (.temporary, .output(let index)): buffers[from].kind = .output(index)
    case (.leaf(let leaf), .output(let index)) where donors[index] == nil:
      donors[index] = leaf
    default: return
    }
    parent[to] = from
    buffers[from].last = buffers[to].last
  }

  /// Takes a buffer out of the arena if only call `call` touches it.
  mutating func handOver(_ buffer: Int, at call: Int) -> Bool {
    guard buffers[buffer].kind == .temporary, parent[buffer] == buffer,
      !parent.indices.contains(where: { parent[$0] == buffer && $0 != buffer }),
      buffers[buffer].first == call, buffers[buffer].last == call
    else { return false }
    buffers[buffer].kind = .handedOver
    return true
  }

  /// For each output of the plan that overwrites a leaf, the leaf.
  private(set) var donors: [Int: Int] = [:]

  /// Whether a leaf's memory has become that of an output, which stays as it is from then on.
  private func holdsOutput(_ leaf: Int) -> Bool { donors.values.contains(leaf) }

  /// Where temporary buffers come to lie in the arena, and its size, in bytes.
  ///
  /// Large buffers first, each at the lowest place that is free during its whole life.
  func layOut() -> (offsets: [Int: Int], byteCount: Int) {
    let temporaries = buffers.indices
      .filter { parent[$0] == $0 && buffers[$0].kind == .temporary && buffers[$0].last >= 0 }
      .sorted { (buffers[$1].byteCount, $0) < (buffers[$0].byteCount, $1) }
    var placed: [(offset: Int, end: Int, first: Int, last: Int)] = []  // by offset
    var offsets: [Int: Int] = [:]
    var total = 0
    for index in temporaries {
      let buffer = buffers[index]
      let size = (buffer.byteCount + 63) & ~63
      var offset = 0
      for other in placed where other.first <= buffer.last && buffer.first <= other.last {
        if other.offset >= offset + size { break }
        offset = max(offset, other.end)
      }
      let entry = (offset: offset, end: offset + size, first: buffer.first, last: buffer.last)
      let place = placed.firstIndex { $0.offset > offset } ?? placed.count
      placed.insert(entry, at: place)
      offsets[index] = offset
      total = max(total, offset + size)
    }
    return (offsets, total)
  }

  /// The base and the byte offset of a buffer in the table that kernels see.
  func address(of buffer: Int, offsets: [Int: Int], leafCount: Int) -> (base: Int, offset: Int) {
    let root = root(buffer)
    switch buffers[root].kind {
    case .temporary: return (Plan.Base.arena, offsets[root] ?? 0)
    case .handedOver: return (Plan.Base.handed, 0)
    case .constant(let index): return (Plan.Base.constants, 16 * index)
    case .error(let index): return (Plan.Base.errors, 16 * index)
    case .leaf(let index): return (Plan.Base.leaves + index, 0)
    case .output(let index): return (Plan.Base.leaves + leafCount + index, 0)
    }
  }
}
