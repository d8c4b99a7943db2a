import FuzzSupport
import MartletFormats

/// Bytes that start as HDF5 does as a file; any others as changes of a sound one, three bytes
/// each: where, where, what.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  if bytes.first == 0x89 {
    check(bytes)
  } else {
    var changed = sound
    for change in stride(from: 0, to: count - 2, by: 3) {
      changed[(Int(bytes[change]) << 8 | Int(bytes[change + 1])) % sound.count] = bytes[change + 2]
    }
    check(changed)
  }
  return 0
}

private let sound: [UInt8] = {
  var root = HDF5Group(attributes: [
    "text": .string("größe"), "texts": .strings(["a", "", "c"]),
    "größe": .numbers([1.5], shape: []),
    "list": .numbers([1, 2, 3] as [Float], shape: [3]),
  ])
  root.insert(HDF5Dataset(.numbers([true, false], shape: [2])), at: "a/b/bool")
  root.insert(HDF5Dataset(.strings(["x", "y"])), at: "a/texts")
  let bits: [UInt8] = [0x80, 0x3f]
  root.insert(
    HDF5Dataset(StoredArray(dtype: .bfloat16, shape: [1], bytes: bits[...])), at: "a/bfloat16")
  for index in 0..<20 {
    root.insert(HDF5Dataset(.numbers([Int32(index)], shape: [1, 1])), at: "many/d\(index)")
  }
  guard let bytes = try? root.fileContent().bytes else { fatalError("it cannot be written") }
  return bytes
}()

/// Reads all there is; what is read must survive writing, if its names can be written.
private func check(_ bytes: [UInt8]) {
  var limits = LoadLimits()
  limits.dataBytes = 1 << 20
  limits.members = 1000
  let file: HDF5Group
  do throws(FormatError) {
    file = try HDF5Group(bytes, limits: limits)
    try readAll(in: file)
  } catch {
    expect(!error.description.isEmpty, "no message")
    return
  }
  guard let written = try? file.fileContent().bytes else { return }
  do throws(FormatError) {
    let again = try HDF5Group(written)
    try expectEqual(again, file)
    let twice = try again.fileContent().bytes
    expect(twice == written, "writing is not deterministic")
  } catch {
    expect(false, "what was written cannot be read: \(error)")
  }
}

private func readAll(in group: HDF5Group) throws(FormatError) {
  for dataset in group.datasets.values {
    let value = try dataset.value()
    let count = value.shape.reduce(1) { $0 &* $1 }
    expect(value.shape == dataset.shape, "shape")
    switch value {
    case .numbers(let array):
      expect(array.bytes.count == count * array.dtype.byteCount, "size")
      expect(array.dtype == dataset.dtype, "type")
    case .strings(let strings, _): expect(strings.count == count, "number of texts")
    }
  }
  for group in group.groups.values { try readAll(in: group) }
}

private func expectEqual(_ a: HDF5Group, _ b: HDF5Group) throws(FormatError) {
  expect(a.attributes == b.attributes, "attributes")
  expect(Set(a.groups.keys) == Set(b.groups.keys), "groups")
  expect(Set(a.datasets.keys) == Set(b.datasets.keys), "datasets")
  for (name, group) in a.groups {
    if let other = b.groups[name] { try expectEqual(group, other) }
  }
  for (name, dataset) in a.datasets {
    let value = try dataset.value()
    let other = try b.datasets[name]?.value()
    expect(value == other, "data of \(name)")
  }
}
