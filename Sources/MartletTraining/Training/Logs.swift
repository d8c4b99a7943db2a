import Foundation

/// Loss and metrics of an epoch or of an evaluation, by name, in order.
public struct Logs: Sendable, Codable, Equatable, CustomStringConvertible {
  /// Names and values: the loss first, then the metrics in the order of `compile`.
  public private(set) var entries: [Entry] = []

  /// A name and its value.
  public struct Entry: Sendable, Codable, Equatable {
    /// `loss`, or the name of a metric; of a validation, with `val_` in front.
    public let name: String
    /// The mean over the samples so far, or what the metric makes of them.
    public let value: Double
  }

  /// Creates logs without entries.
  public init() {}

  /// A value; nil where there is none of that name.
  ///
  /// Setting one adds or replaces it.
  public subscript(name: String) -> Double? {
    get { entries.first { $0.name == name }?.value }
    set {
      let place = entries.firstIndex { $0.name == name }
      switch (place, newValue) {
      case (let place?, let value?): entries[place] = Entry(name: name, value: value)
      case (nil, let value?): entries.append(Entry(name: name, value: value))
      case (let place?, nil): entries.remove(at: place)
      case (nil, nil): break
      }
    }
  }

  /// The loss; NaN where none was computed.
  public var loss: Double { self["loss"] ?? .nan }
  /// The metric that was compiled as `.accuracy`; nil without it.
  public var accuracy: Double? { self["accuracy"] ?? self["acc"] }
  /// The names, in order.
  public var names: [String] { entries.map(\.name) }

  /// The entries as a dictionary.
  public var dictionary: [String: Double] {
    Dictionary(entries.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// `accuracy: 0.9876 - loss: 0.0431`, sorted by name as Keras prints them.
  public var description: String {
    entries.sorted { $0.name < $1.name }.map { "\($0.name): \(numberText($0.value))" }
      .joined(separator: " - ")
  }
}

/// A number as Keras logs it: four decimals, or four digits and an exponent where it is small.
func numberText(_ value: Double) -> String {
  if !value.isFinite { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
  return abs(value) > 1e-3
    ? String(format: "%.4f", value) : String(format: "%.4e", value)
}
