@testable import MartletData
