namespace Exchange.Rsm.Simulation.Report;

/// <summary>
/// What a failure came from: backwards from the event in which it was found, over what its node went through before,
/// the messages that made a difference, and the work of disks. An event that changed nothing and told nothing on is
/// left out, or every heartbeat would be a cause.
/// </summary>
internal sealed class CausalSlice
{
    private readonly Story _story;
    private readonly bool[] _isIn;
    private readonly bool[] _isCarrying;
    private readonly List<int>[] _byLane;
    private readonly Queue<int> _open = [];
    private readonly int _last;

    private CausalSlice(Story story, int last)
    {
        _story = story;
        _last = last;
        _isIn = new bool[story.Steps.Count];
        _isCarrying = new bool[story.Messages.Count];
        _byLane = [.. Enumerable.Range(0, story.Nodes + story.Clients).Select(_ => new List<int>())];
    }

    /// <summary>Numbers of the events, in order.</summary>
    public IReadOnlyList<int> Steps =>
        [.. Enumerable.Range(0, _isIn.Length).Where(step => _isIn[step])];

    /// <summary>Numbers of the messages that carried it on.</summary>
    public IReadOnlyList<int> Messages =>
        [.. Enumerable.Range(0, _isCarrying.Length).Where(message => _isCarrying[message])];

    public bool Has(int step) => _isIn[step];

    public bool Carries(int message) => _isCarrying[message];

    /// <summary>The slice behind an event; of the event of the failure where none is named.</summary>
    public static CausalSlice Of(Story story, int? from = null)
    {
        var last = from ?? story.FailureStep;
        var slice = new CausalSlice(story, last);
        slice.Index();
        if (last >= 0)
        {
            slice.Take(last);
            if (story.Failure is { Node: >= 0 } failure && from is null)
            {
                slice.TakeLastOf(failure.Node, last + 1);
            }

            slice.Follow();
        }

        return slice;
    }

    // An event is on the lane where it happened and on the lane of every node that it changed.
    private void Index()
    {
        foreach (var step in _story.Steps)
        {
            foreach (var lane in LanesOf(step))
            {
                if (step.Changes.Count > 0 || lane >= _story.Nodes || step.Number == _last)
                {
                    _byLane[lane].Add(step.Number);
                }
            }
        }
    }

    private void Follow()
    {
        while (_open.TryDequeue(out var number))
        {
            var step = _story.Steps[number];
            foreach (var lane in LanesOf(step))
            {
                TakeLastOf(lane, number);
            }

            if (step.Message >= 0)
            {
                _isCarrying[step.Message] = true;
                Take(_story.Messages[step.Message].SentStep);
            }

            if (step.Work >= 0)
            {
                Take(_story.Works[step.Work].Step);
            }
        }
    }

    private IEnumerable<int> LanesOf(StoryStep step)
    {
        var lanes = step.Changes.Select(change => change.Node);
        return step.Lane >= 0 && step.Lane < _byLane.Length ? lanes.Append(step.Lane).Distinct() : lanes.Distinct();
    }

    private void TakeLastOf(int lane, int before)
    {
        var place = _byLane[lane].BinarySearch(before);
        place = (place < 0 ? ~place : place) - 1;
        if (place >= 0)
        {
            Take(_byLane[lane][place]);
        }
    }

    private void Take(int step)
    {
        if (!_isIn[step])
        {
            _isIn[step] = true;
            _open.Enqueue(step);
        }
    }
}
