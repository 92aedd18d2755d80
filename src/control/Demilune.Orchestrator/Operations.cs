using System.Collections.Immutable;
using Demilune.Orchestrator.Alarms;
using Demilune.Orchestrator.Jobs;
using Demilune.Orchestrator.Placing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Demilune.Orchestrator;

/// <summary>The orchestrator's work and worries, for people: jobs with their tasks, alarms with who has seen them. May be asked by any thread.</summary>
public sealed class Operations
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly AcknowledgementFile _acknowledgements;
    private JobBoard _jobs = JobBoard.Empty;
    private AlarmBoard _alarms;

    /// <param name="options">Where acknowledgements of alarms are kept; null: nowhere.</param>
    /// <param name="log">Told when they cannot be.</param>
    public Operations(TimeProvider time, OrchestratorOptions? options = null, ILogger<Operations>? log = null)
    {
        _time = time;
        _acknowledgements = new(options?.DataDirectory is { } directory ? Path.Combine(directory, "acknowledgements.json") : null, log ?? NullLogger<Operations>.Instance);
        _alarms = AlarmBoard.Empty with { Remembered = _acknowledgements.Load() };
    }

    /// <summary>Raised when a job is over. Must return at once.</summary>
    public event Action<Job>? JobOver;

    /// <summary>Raised when an alarm is raised, acknowledged or cleared. Must return at once.</summary>
    public event Action<Alarm>? AlarmTurned;

    /// <summary>Those under way, then those that are over, newest first.</summary>
    public IReadOnlyList<Job> Jobs
    {
        get
        {
            lock (_gate) return [.. _jobs.All];
        }
    }

    /// <summary>Those that are active, then those that were, newest first.</summary>
    public IReadOnlyList<Alarm> Alarms
    {
        get
        {
            lock (_gate) return [.. _alarms.All];
        }
    }

    /// <returns>Null: no such alarm is active.</returns>
    public Alarm? Acknowledge(string id, string by)
    {
        Alarm acknowledged;
        lock (_gate)
        {
            if (_alarms.Acknowledge(id, by, _time.GetUtcNow()) is not { } next) return null;
            _alarms = next;
            acknowledged = next.Active[id];
            _acknowledgements.Save(next.Acknowledged);
        }
        AlarmTurned?.Invoke(acknowledged);
        return acknowledged;
    }

    internal void Observe(Situation situation, ImmutableHashSet<Slot> needed, OrchestratorOptions options)
    {
        IReadOnlyList<Job> over;
        IReadOnlyList<Alarm> turned;
        lock (_gate)
        {
            var running = _jobs.Running.Values.Select(job => job.Id).ToHashSet();
            var last = _jobs.LastId;
            _jobs = _jobs.Next(situation, needed, options);
            over = [.. _jobs.Over.Where(job => running.Contains(job.Id) || job.Id > last)];
            var known = _alarms.Acknowledged;
            (_alarms, turned) = _alarms.Next(situation);
            if (!known.Select(alarm => alarm.Id).SequenceEqual(_alarms.Acknowledged.Select(alarm => alarm.Id))) _acknowledgements.Save(_alarms.Acknowledged);
        }
        foreach (var job in over) JobOver?.Invoke(job);
        foreach (var alarm in turned) AlarmTurned?.Invoke(alarm);
    }
}
