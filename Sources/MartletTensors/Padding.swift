/// What stands around an image when windows move over it: convolutions and pooling.
public enum Padding: Sendable {
  /// Nothing: windows stay inside.
  case valid
  /// As much as gives ⌈size / stride⌉ windows; an odd element stands after, as in Keras.
  case same
  /// All of it before, so that no window sees what comes later; for one spatial axis.
  case causal
  /// Elements before and after, for each spatial axis; a single pair serves all axes.
  case explicit([(Int, Int)])
}

extension Padding: Hashable {
  public static func == (a: Padding, b: Padding) -> Bool {
    switch (a, b) {
    case (.valid, .valid), (.same, .same), (.causal, .causal): true
    case (.explicit(let a), .explicit(let b)): a.elementsEqual(b, by: ==)
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .valid: hasher.combine(0)
    case .same: hasher.combine(1)
    case .causal: hasher.combine(2)
    case .explicit(let pairs):
      hasher.combine(3)
      for pair in pairs {
        hasher.combine(pair.0)
        hasher.combine(pair.1)
      }
    }
  }
}

extension Padding: CustomStringConvertible {
  public var description: String {
    switch self {
    case .valid: "valid"
    case .same: "same"
    case .causal: "causal"
    case .explicit(let pairs): "\(pairs)"
    }
  }
}

/// One size for every spatial axis, or one for each: an `Int`, or an `[Int]`.
public protocol AxisSizes: Sendable {
  /// The sizes as they were given: one, or one for each axis.
  var axisSizes: [Int] { get }
}

extension Int: AxisSizes {
  public var axisSizes: [Int] { [self] }
}

extension Array: AxisSizes where Element == Int {
  public var axisSizes: [Int] { self }
}

/// How an image is read between its pixels.
public enum Interpolation: String, Sendable, Hashable, CaseIterable {
  /// The pixel whose centre is nearest.
  case nearest
  /// The mean of the neighbouring pixels of every axis, weighted by nearness.
  case bilinear
  /// Keys' cubic with a = −½ over four pixels of every axis.
  case bicubic
  /// Lanczos' windowed sinc over six pixels of every axis.
  case lanczos3
  /// Lanczos' windowed sinc over ten pixels of every axis.
  case lanczos5
}
