import MartletTensors

/// How much of a data set one part of it gets: a share or a number of samples.
///
/// It can be written as a literal: `0.8` or `1000`.
public enum SplitSize: Sendable, Hashable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// A share, between 0 and 1.
  case share(Double)
  /// A number of samples.
  case samples(Int)

  public init(floatLiteral value: Double) { self = .share(value) }
  public init(integerLiteral value: Int) { self = .samples(value) }
}

/// Two parts of a data set, as Keras' `split_dataset` makes them.
///
///     let (train, validation) = try splitDataset(digits, leftSize: 0.8, shuffle: true, seed: 1)
///
/// - Parameters:
///   - data: What to split.
///   - leftSize: How much the first part gets; without it, what the second leaves. A share is rounded
///     to the nearest number of samples, halves to an even one.
///   - rightSize: How much the second part gets, from the end; without it, what the first leaves.
///   - shuffle: Whether the samples are put in random order first.
///   - labels: The samples' classes, integers `[samples]`: if given, both parts get each class in its
///     proportion.
///   - seed: What the order follows from; without it, a number from the program's random source.
/// - Throws: `Diagnostic` if a part would be empty, or the two do not fit.
public func splitDataset(
  _ data: some InMemoryData, leftSize: SplitSize? = nil, rightSize: SplitSize? = nil,
  shuffle: Bool = false, stratifiedBy labels: Tensor? = nil, seed: UInt64? = nil
) throws(Diagnostic) -> (left: TensorDataset, right: TensorDataset) {
  let split = try Split(
    "splitDataset", data.count, left: leftSize, right: rightSize, shuffle: shuffle,
    labels: labels, seed: seed)
  return (data.selecting(split.left), data.selecting(split.right))
}

/// The rows of inputs and targets in two parts, one to train with and one to test with.
///
///     let split = try trainTestSplit(x, y, testSize: 0.25, seed: 1)
///     try model.fit(split.train.x, split.train.y)
///
/// - Parameters:
///   - x: `[samples, …]`
///   - y: `[samples, …]`
///   - testSize: How much the test part gets; a share is rounded to the nearest number of samples,
///     halves to an even one.
///   - shuffle: Whether the samples are put in random order first.
///   - labels: The samples' classes, integers `[samples]`: if given, both parts get each class in its
///     proportion.
///   - seed: What the order follows from; without it, a number from the program's random source.
/// - Throws: `Diagnostic` if `x` and `y` differ in the number of samples, or a part would be empty.
public func trainTestSplit(
  _ x: Tensor, _ y: Tensor, testSize: SplitSize = 0.25, shuffle: Bool = true,
  stratifiedBy labels: Tensor? = nil, seed: UInt64? = nil
) throws(Diagnostic) -> (train: (x: Tensor, y: Tensor), test: (x: Tensor, y: Tensor)) {
  guard let count = x.shape.first, y.shape.first == count else {
    throw Diagnostic(
      "trainTestSplit", "the tensors do not have the same number of rows",
      expected: "one size for the first axis of both", got: "\(x.shape) and \(y.shape)")
  }
  let split = try Split(
    "trainTestSplit", count, left: nil, right: testSize, shuffle: shuffle, labels: labels,
    seed: seed)
  return (
    (x.gatheredRows(split.left), y.gatheredRows(split.left)),
    (x.gatheredRows(split.right), y.gatheredRows(split.right))
  )
}

/// The samples' numbers in two parts.
struct Split {
  let left: [Int]
  let right: [Int]

  init(
    _ who: String, _ count: Int, left: SplitSize?, right: SplitSize?, shuffle: Bool,
    labels: Tensor?, seed: UInt64?
  ) throws(Diagnostic) {
    let leftCount = try left.map { size throws(Diagnostic) in try size.samples(of: count, who) }
    let rightCount = try right.map { size throws(Diagnostic) in try size.samples(of: count, who) }
    guard leftCount != nil || rightCount != nil else {
      throw Diagnostic(
        who, "neither part has a size", expected: "leftSize or rightSize", got: "none")
    }
    let sizes = (leftCount ?? count - (rightCount ?? 0), rightCount ?? count - (leftCount ?? 0))
    guard sizes.0 > 0, sizes.1 > 0, sizes.0 + sizes.1 <= count else {
      throw Diagnostic(
        who, "the parts do not fit the data",
        expected: "two parts of 1 sample or more, together at most \(count)",
        got: "\(sizes.0) and \(sizes.1)", fix: "choose other sizes")
    }
    var random = KeyedRandom(seed: shuffle ? seed ?? freshSeed() : 0)
    let order = shuffle ? random.permutation(count) : Array(0..<count)
    guard let labels else {
      self.left = Array(order.prefix(sizes.0))
      self.right = Array(order.suffix(sizes.1))
      return
    }
    guard labels.dtype.isInteger, labels.shape == [count] else {
      throw Diagnostic(
        who, "these are no class labels of the samples", expected: "integers, [\(count)]",
        got: "\(labels.dtype) \(labels.shape)",
        fix: labels.rank == 2 ? "one-hot labels: take argmax(along: 1)" : nil)
    }
    let classes = labels.scalars(of: Int.self)
    let members = Dictionary(grouping: order) { classes[$0] }
    let names = members.keys.sorted()
    let counts = names.map { members[$0]?.count ?? 0 }
    let first = Split.shares(of: sizes.0, counts)
    let second = Split.shares(of: sizes.1, zip(counts, first).map { $0 - $1 })
    var taken = (Set<Int>(), Set<Int>())
    for (index, name) in names.enumerated() {
      let samples = members[name] ?? []
      taken.0.formUnion(samples.prefix(first[index]))
      taken.1.formUnion(samples.suffix(second[index]))
    }
    self.left = order.filter { taken.0.contains($0) }
    self.right = order.filter { taken.1.contains($0) }
  }

  /// A total shared out in proportion to counts, none of which is exceeded: whole parts first, then
  /// one each to the largest remainders (Hamilton's method).
  private static func shares(of total: Int, _ counts: [Int]) -> [Int] {
    let sum = counts.reduce(0, +)
    if sum == 0 { return counts }
    var shares = counts.map { total * $0 / sum }
    let remainders = counts.map { total * $0 % sum }
    let byRemainder = counts.indices.sorted {
      (remainders[$1], $0) < (remainders[$0], $1)
    }
    for index in byRemainder.prefix(total - shares.reduce(0, +)) { shares[index] += 1 }
    return shares
  }
}

extension SplitSize {
  /// The number of samples, of so many in all.
  fileprivate func samples(of count: Int, _ who: String) throws(Diagnostic) -> Int {
    switch self {
    case .samples(let number):
      guard number > 0, number < count else {
        throw Diagnostic(
          who, "a part's size is out of range", expected: "1 to \(count - 1) samples",
          got: "\(number)")
      }
      return number
    case .share(let share):
      guard share > 0, share < 1 else {
        throw Diagnostic(
          who, "a part's share is out of range", expected: "a share between 0 and 1",
          got: "\(share)", fix: "write a number of samples without a decimal point")
      }
      return Int((share * Double(count)).rounded(.toNearestOrEven))
    }
  }
}
