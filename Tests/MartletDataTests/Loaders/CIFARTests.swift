import Foundation
import MartletTensors
import Testing

@testable import MartletData

@Suite struct CIFARTests {
  /// A record: labels, then red, green and blue planes whose first pixels are 1, 2 and 3.
  private func record(_ labels: UInt8...) -> [UInt8] {
    labels + (1...3).flatMap { [UInt8($0)] + [UInt8](repeating: 0, count: 1023) }
  }

  private func write(_ bytes: [UInt8], _ name: String, _ folder: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
  }

  @Test func `five batches follow each other, channels last`() throws {
    try withTemporaryFolder { folder in
      for batch in 1...5 {
        try write(record(UInt8(batch)) + record(9), "data_batch_\(batch).bin", folder)
      }
      try write(record(7), "test_batch.bin", folder)
      let (train, test) = try CIFAR10.load(from: folder)
      #expect(train.labels.scalars(of: Int.self) == [1, 9, 2, 9, 3, 9, 4, 9, 5, 9])
      #expect(train.bytes.shape == [10, 32, 32, 3])
      #expect(train.bytes[3, 0, 0].scalars == [1, 2, 3])
      #expect(train.bytes[3, 0, 1].scalars == [0, 0, 0])
      #expect(test.classNames[7] == "horse")
      #expect(test.count == 1)
      #expect(try CIFAR10.load(from: folder, limit: 3).train.labels.scalars == [1, 9, 2])
      try write([1, 2, 3], "test_batch.bin", folder)
      #expect(throws: Diagnostic.self) { try CIFAR10.load(from: folder) }
      try write(record(10), "test_batch.bin", folder)
      #expect(throws: Diagnostic.self) { try CIFAR10.load(from: folder) }
    }
  }

  @Test func `pictures of a hundred classes have two labels`() throws {
    try withTemporaryFolder { folder in
      try write(record(4, 0) + record(19, 99), "train.bin", folder)
      try write(record(14, 11), "test.bin", folder)
      let fine = try CIFAR100.load(from: folder)
      #expect(fine.train.labels.scalars == [0, 99])
      // The names in the archive's own lists.
      #expect(fine.train.classNames.count == 100)
      #expect(fine.train.classNames[99] == "worm" && fine.test.classNames[11] == "boy")
      let coarse = try CIFAR100.load(from: folder, labels: .coarse)
      #expect(coarse.train.labels.scalars == [4, 19])
      #expect(coarse.train.classNames.count == 20 && coarse.train.classNames[14] == "people")
    }
  }

  @Test func `the archive itself can be read`() throws {
    try withTemporaryFolder { folder in
      try write(record(4, 0), "train.bin", folder)
      try write(record(14, 11), "test.bin", folder)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [
        "tar", "-C", folder, "-czf", folder + "/cifar-100-binary.tar.gz", "./train.bin",
        "./test.bin",
      ]
      try process.run()
      process.waitUntilExit()
      for name in ["train.bin", "test.bin"] {
        try FileManager.default.removeItem(atPath: folder + "/" + name)
      }
      let (train, test) = try CIFAR100.load(from: folder)
      #expect(train.labels.scalars == [0])
      #expect(test.labels.scalars == [11])
    }
  }

  @Test func `a folder without the files is an error that names it`() throws {
    try withTemporaryFolder { folder in
      let error = #expect(throws: Diagnostic.self) { try CIFAR10.load(from: folder) }
      #expect(error?.got?.contains(folder) == true)
    }
  }
}
