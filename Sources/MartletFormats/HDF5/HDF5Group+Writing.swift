import Foundation

extension HDF5Group {
  /// The content of a file whose root is this group.
  ///
  /// The same tree gives the same bytes. Numbers made when they are written are made once, after
  /// everything else is known. Text is of any size, in UTF-8; bfloat16 is stored as Keras stores
  /// it: two opaque bytes and an attribute `dtype`.
  ///
  /// - Throws: ``FormatError`` if a group or dataset has a name that is not ASCII, is empty, is
  ///   `.`, contains a slash, or is there twice; if an object's attribute or number of attributes
  ///   is larger than the format allows (65,535 bytes); if an array's shape and bytes disagree; or
  ///   if a dataset read from a file turns out damaged.
  public func fileContent() throws(FormatError) -> FileContent {
    try HDF5Writer.content(of: self)
  }

  /// Writes a file whose root is this group: the old file or the new one stands, never a part.
  ///
  /// - Throws: as ``fileContent()`` and ``FileWriting``.
  public func write(to url: URL, in files: some FileSystem = .disk) throws(FormatError) {
    try FileWriting.write(fileContent(), to: url, writer: "HDF5", in: files)
  }
}
