@_exported import MartletFormats
@_exported import MartletTensors
