/// The most that a reader takes from a file that nobody has vouched for.
///
/// Every reader of the package has one as its argument. A refusal is a ``FormatError`` whose
/// reason names the limit, so whoever trusts the file knows which one to raise.
public struct LoadLimits: Sendable, Hashable {
  /// The most bytes read from one file, 4 GiB unless set.
  public var fileBytes = 4 << 30
  /// The most bytes that the data of one file may expand to, 4 GiB unless set.
  public var dataBytes = 4 << 30
  /// The most bytes of one header (a JSON text, say), 16 MiB unless set.
  public var headerBytes = 16 << 20
  /// How deep values may be nested in each other, 64 unless set.
  public var depth = 64
  /// The most tensors in one file, 100,000 unless set.
  public var tensors = 100_000
  /// The most members of an archive, or groups and datasets of an HDF5 file, 100,000 unless set.
  public var members = 100_000
  /// The most axes of one tensor, 32 unless set.
  public var rank = 32

  /// Makes the limits of the defaults.
  public init() {}

  /// The name of one limit, as an error carries it.
  public enum Name: String, Sendable, CaseIterable {
    /// That of ``LoadLimits/fileBytes``.
    case fileBytes
    /// That of ``LoadLimits/dataBytes``.
    case dataBytes
    /// That of ``LoadLimits/headerBytes``.
    case headerBytes
    /// That of ``LoadLimits/depth``.
    case depth
    /// That of ``LoadLimits/tensors``.
    case tensors
    /// That of ``LoadLimits/members``.
    case members
    /// That of ``LoadLimits/rank``.
    case rank
  }
}
