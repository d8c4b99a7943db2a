import FuzzSupport
import MartletFormats

/// Any bytes as a file, and any bytes as the pickle of an array: with the header and the array's
/// beginning in front, so that the fuzzer gets to the lists without finding those.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  check(bytes)
  let size = bytes.first ?? 0
  check(header(size) + [0x80, 2] + bytes.dropFirst())
  check(header(size) + [0x80, 2] + array(size) + bytes.dropFirst())
  check(header(size) + [0x80, 2] + array(size) + bytes.dropFirst() + Array("tb.".utf8))
  return 0
}

private func header(_ count: UInt8) -> [UInt8] {
  let text = "{'descr': '|O', 'fortran_order': False, 'shape': (\(count),), }"
  return [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, UInt8(text.utf8.count), 0] + text.utf8
}

/// NumPy's array up to its elements.
private func array(_ count: UInt8) -> [UInt8] {
  Array("cnumpy._core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0".utf8) + [0x85]
    + Array("U\u{1}b".utf8) + [0x87] + Array("R(K\u{1}K".utf8) + [count, 0x85]
    + Array("cnumpy\ndtype\nU\u{2}O8K\0K\u{1}".utf8) + [0x87] + Array("R".utf8) + [0x89]
}

/// What is read has no more integers than the limit allows.
private func check(_ bytes: [UInt8]) {
  var limits = LoadLimits()
  limits.dataBytes = 1 << 20
  do throws(FormatError) {
    let lists = try IntegerLists(bytes, limits: limits).lists
    let count = lists.reduce(0) { $0 + $1.count }
    expect(8 * count <= limits.dataBytes, "more than the limit")
  } catch {
    expect(!error.description.isEmpty, "no message")
  }
}
