import MartletTensors

/// What a layer must know of the call it is part of: training or inference, the masks of its
/// inputs, and the line that called the model.
public struct CallContext {
  /// Whether dropout drops and BatchNorm learns.
  public let isTraining: Bool
  /// For each input, which of its time steps count; nil where all do.
  public var masks: [Tensor?] = []
  /// The line that called the model, for messages.
  public let file: StaticString
  /// The line of that file.
  public let line: UInt
  /// Where the call's extra losses gather.
  private let gathered: Gathered

  /// A new call.
  public init(
    training: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) {
    isTraining = training
    self.file = file
    self.line = line
    gathered = Gathered()
  }

  /// The mask of the first input.
  public var mask: Tensor? { masks.first ?? nil }

  /// The losses that layers added during the call: activity regularization, and what user layers
  /// add themselves.
  ///
  /// To be added to the loss of a custom loop.
  public var losses: [Tensor] { gathered.losses }

  /// Adds a term to the loss, a scalar.
  public func add(loss: Tensor) { gathered.losses.append(loss) }

  /// The same call with the masks of another layer's inputs.
  public func with(masks: [Tensor?]) -> CallContext {
    var copy = self
    copy.masks = masks
    return copy
  }

  /// The same call in another mode; losses gather at the same place.
  public func with(training: Bool) -> CallContext {
    CallContext(isTraining: training, masks: masks, file: file, line: line, gathered: gathered)
  }

  private init(
    isTraining: Bool, masks: [Tensor?], file: StaticString, line: UInt, gathered: Gathered
  ) {
    self.isTraining = isTraining
    self.masks = masks
    self.file = file
    self.line = line
    self.gathered = gathered
  }

  /// Whether layers are only asked for shapes: nothing that they keep is to change.
  var isProbing: Bool {
    get { gathered.isProbing }
    nonmutating set { gathered.isProbing = newValue }
  }

  private final class Gathered {
    var losses: [Tensor] = []
    var isProbing = false
  }
}
