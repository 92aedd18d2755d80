using Demilune.Rules.Compile;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Sessions;

/// <summary>One flow, understood as one protocol: parses both directions and lets signatures see each buffer as soon as it is there. Used again for other flows.</summary>
internal interface IProtocolSession
{
    /// <param name="rules">Judge this flow.</param>
    /// <param name="isDatagram">Each delivery is one datagram; otherwise pieces of a stream.</param>
    void Begin(RuleSet rules, bool isDatagram);

    /// <summary>Another connection has announced this one, and says what it is for.</summary>
    void Expect(object details)
    {
    }

    /// <summary>Takes bytes that have come in order.</summary>
    void Deliver(Side from, ReadOnlySpan<byte> bytes);

    /// <summary>Bytes of this side are missing for good (a capture lacks them).</summary>
    /// <param name="from">Whose.</param>
    /// <param name="count">How many.</param>
    /// <returns>False: nothing can be understood behind them.</returns>
    bool TrySkip(Side from, long count) => false;

    /// <summary>This side will send no more.</summary>
    void Close(Side from);

    /// <summary>Gives everything back.</summary>
    void Clear();

    /// <summary>What this side says from here on is not of this protocol, or cannot be read.</summary>
    bool IsOver(Side from);

    /// <summary>What goes by is encrypted: rules have nothing to look for in it.</summary>
    bool IsOpaque => false;

    /// <summary>Both sides have agreed to go on with another protocol (STARTTLS): what comes now is found out anew.</summary>
    bool HandsOver => false;

    /// <summary>What that is, where they have said so: it needs no recognition. Otherwise unknown.</summary>
    AppProtocol Successor => AppProtocol.Unknown;

    /// <summary>Of the bytes delivered last, those at their end that belong to it already.</summary>
    int Untaken => 0;

    /// <summary>Whoever set us up wants such flows let go.</summary>
    bool IsLetGo => false;

    /// <summary>The message this side is busy with, for signatures that look into a packet or the stream and a message at once.</summary>
    IMessageBuffers? Message(Side from);
}
