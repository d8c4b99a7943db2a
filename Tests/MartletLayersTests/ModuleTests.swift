@testable import MartletLayers
