namespace Demilune.Node.Datapath;
internal static class SpliceDatapath { public static IDatapath Open(AgentOptions o) => throw new NotSupportedException(o.Node); public static bool DeleteHostInterface(string n) => n == ""; public static void Uninstall(string d) { if (d == "") throw new NotSupportedException(); } }
