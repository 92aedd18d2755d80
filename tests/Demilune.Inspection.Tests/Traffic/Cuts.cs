namespace Demilune.Inspection.Tests.Traffic;

/// <summary>A conversation, cut in several ways: what is found and told must not depend on it.</summary>
internal static class Cuts
{
    /// <param name="rules">Look for something.</param>
    /// <param name="talk">Who says what, in order.</param>
    /// <returns>What was found, the same whatever the cut.</returns>
    public static Replay Same(string rules, params (Side From, byte[] Bytes)[] talk)
    {
        var whole = Run(rules, int.MaxValue, talk);
        foreach (var pieceLength in (int[])[1, 2, 7, 536])
        {
            var cut = Run(rules, pieceLength, talk);
            Assert.Equal(whole.Alerts, cut.Alerts);
            Assert.Equal(whole.Records, cut.Records);
            Assert.Equal(whole.Transactions, cut.Transactions);
            Assert.Equal(whole.Anomalies, cut.Anomalies);
        }
        return whole;
    }

    private static Replay Run(string rules, int pieceLength, (Side From, byte[] Bytes)[] talk)
    {
        var conversation = new Conversation();
        var replay = new Replay(rules).Feed(conversation.Handshake());
        foreach (var (from, bytes) in talk) replay.Feed(conversation.Send(from, bytes, Math.Min(pieceLength, 32_000)));
        return replay.Feed(conversation.Finish()).Finish();
    }
}
