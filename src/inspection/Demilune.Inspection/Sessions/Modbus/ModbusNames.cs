using Demilune.Wire.Modbus;

namespace Demilune.Inspection.Sessions.Modbus;

/// <summary>EVE's words for what messages say in numbers.</summary>
internal static class ModbusNames
{
    /// <summary>By their codes, from 1 on.</summary>
    private static readonly string[] s_functions =
    [
        "RdCoils", "RdDiscreteInputs", "RdHoldRegs", "RdInputRegs", "WrSingleCoil", "WrSingleReg", "RdExcStatus", "Diagnostic", "Program484", "Poll484",
        "GetCommEventCtr", "GetCommEventLog", "Program584", "Poll584", "WrMultCoils", "WrMultRegs", "ReportServerID", "Program884", "ResetCommLink",
        "RdFileRec", "WrFileRec", "MaskWrReg", "RdWrMultRegs", "RdFIFOQueue",
    ];

    /// <summary>By their codes; those without a name are reserved.</summary>
    private static readonly string[] s_diagnostics =
    [
        "RetQueryData", "RestartCommOpt", "RetDiagReg", "ChangeInputDelimiter", "ForceListenOnlyMode", "", "", "", "", "", "ClearCtrDiagReg", "RetBusMsgCount",
        "RetBusCommErrCount", "RetBusExcErrCount", "RetServerMsgCount", "RetServerNoRespCount", "RetServerNAKCount", "RetServerBusyCount",
        "RetBusCharOverrunCount", "RetOverrunErrCount", "ClearOverrunCounterFlag", "GetClearPlusStats",
    ];

    /// <summary>By their codes, from 1 on.</summary>
    private static readonly string[] s_exceptions =
    [
        "IllegalFunction", "IllegalDataAddr", "IllegalDataValue", "ServerDeviceFail", "Ack", "ServerDeviceBusy", "NegAck", "MemParityErr", "Unknown",
        "GatewayPathUnavailable", "GatewayTargetFailToResp",
    ];

    public static string OfFunction(byte code) => code == 43 ? "MEI" : code >= 1 && code <= s_functions.Length ? s_functions[code - 1] : "Unknown";

    public static string OfDiagnostic(int code) => code < s_diagnostics.Length && s_diagnostics[code].Length > 0 ? s_diagnostics[code] : "Reserved";

    public static string OfException(byte code) => code >= 1 && code <= s_exceptions.Length ? s_exceptions[code - 1] : "Unknown";

    public static string Of(ModbusAccess access) => Join(
        (access.HasFlag(ModbusAccess.Read), "READ"), (access.HasFlag(ModbusAccess.Write), "WRITE"), (access.HasFlag(ModbusAccess.Discretes), "DISCRETES"),
        (access.HasFlag(ModbusAccess.Coils), "COILS"), (access.HasFlag(ModbusAccess.Input), "INPUT"), (access.HasFlag(ModbusAccess.Holding), "HOLDING"),
        (access.HasFlag(ModbusAccess.Single), "SINGLE"), (access.HasFlag(ModbusAccess.Multiple), "MULTIPLE"),
        (access.HasFlag(ModbusAccess.Write | ModbusAccess.Single), "WRITE_SINGLE"), (access.HasFlag(ModbusAccess.Write | ModbusAccess.Multiple), "WRITE_MULTIPLE"));

    public static string Of(ModbusCategory category) => category switch
    {
        ModbusCategory.PublicUnassigned => "PUBLIC_UNASSIGNED",
        ModbusCategory.PublicAssigned => "PUBLIC_ASSIGNED",
        ModbusCategory.UserDefined => "USER_DEFINED",
        ModbusCategory.Reserved => "RESERVED",
        _ => "NONE",
    };

    public static string Of(ModbusFaults faults) => Join(
        (faults.HasFlag(ModbusFaults.Length), "DATA_LENGTH"), (faults.HasFlag(ModbusFaults.Value), "DATA_VALUE"), (faults.HasFlag(ModbusFaults.ExceptionCode), "EXC_CODE"),
        (faults.HasFlag(ModbusFaults.Function), "FUNC_CODE"), (faults.HasFlag(ModbusFaults.ProtocolId), "PROTO_ID"));

    private static string Join(params (bool IsSet, string Name)[] flags)
    {
        var names = string.Join(" | ", flags.Where(flag => flag.IsSet).Select(flag => flag.Name));
        return names.Length == 0 ? "NONE" : names;
    }
}
