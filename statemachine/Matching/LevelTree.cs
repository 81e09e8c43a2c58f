using System.Numerics;
using System.Runtime.CompilerServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Matching;

/// <summary>A node: which of 64 children exist, and where they are. Children of a leaf are levels.</summary>
internal unsafe struct LevelNode
{
    public ulong Present;
    public fixed int Children[64];
}

/// <summary>One ordered set of price levels: the root of a tree in <see cref="LevelTrees"/>.</summary>
internal struct LevelTree
{
    /// <summary>Slot of the root; meaningless while <see cref="Height"/> is zero.</summary>
    public int Root;

    /// <summary>Node layers; prices below 64^Height fit. Zero: empty and never used.</summary>
    public int Height;

    public int Levels;
}

/// <summary>
/// Ordered sets of price levels as 64-ary tries over the ticks, as high as the largest price needs. Find, insert, remove
/// and neighbour cost a load and a bit scan a layer, whatever the number of levels; memory follows the levels present,
/// not the price range, so a price far off costs a path of nodes and not an array. Prices near each other share leaves.
/// A flat array over the range was refused: any client could make it large.
/// </summary>
internal sealed unsafe class LevelTrees
{
    private const int Bits = 6;
    private const int LowMask = 63;

    private readonly NativeArray<LevelNode> _nodes = new(16);
    private readonly NativeArray<PriceLevel> _levels = new(64);
    private readonly SlotSet _nodeSlots = new();
    private readonly SlotSet _levelSlots = new();

    // Where the arrays stand now.
    private LevelNode* _nodesNow;
    private PriceLevel* _levelsNow;

    public LevelTrees()
    {
        _nodesNow = _nodes.Pointer;
        _levelsNow = _levels.Pointer;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref PriceLevel Level(int level) => ref _levelsNow[level];

    /// <summary>The level at a price, or −1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(in LevelTree tree, long price)
    {
        if ((ulong)price >> (Bits * tree.Height) != 0 || tree.Height == 0)
        {
            return -1;
        }

        var node = tree.Root;
        for (var shift = Bits * (tree.Height - 1); ; shift -= Bits)
        {
            ref var current = ref _nodesNow[node];
            var child = (int)(price >> shift) & LowMask;
            if ((current.Present >> child & 1) == 0)
            {
                return -1;
            }

            node = current.Children[child];
            if (shift == 0)
            {
                return node;
            }
        }
    }

    /// <summary>The level at a price, made where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int FindOrAdd(ref LevelTree tree, long price)
    {
        if (tree.Height == 0 || (ulong)price >> (Bits * tree.Height) != 0)
        {
            Raise(ref tree, price);
        }

        var node = tree.Root;
        for (var shift = Bits * (tree.Height - 1); shift > 0; shift -= Bits)
        {
            var child = (int)(price >> shift) & LowMask;
            node = (_nodesNow[node].Present >> child & 1) != 0 ? _nodesNow[node].Children[child] : AddNode(node, child);
        }

        var last = (int)price & LowMask;
        return (_nodesNow[node].Present >> last & 1) != 0 ? _nodesNow[node].Children[last] : AddLevel(ref tree, node, price);
    }

    /// <summary>Removes a level that has no orders.</summary>
    public void Remove(ref LevelTree tree, int level)
    {
        var price = _levelsNow[level].Price;
        ref var leaf = ref _nodesNow[_levelsNow[level].Leaf];
        leaf.Present &= ~(1UL << ((int)price & LowMask));
        _levelSlots.Free(level);
        tree.Levels--;
        if (leaf.Present == 0)
        {
            Prune(ref tree, price);
        }
    }

    /// <summary>The level with the lowest price, or −1.</summary>
    public int First(in LevelTree tree)
    {
        if (tree.Levels == 0)
        {
            return -1;
        }

        var node = tree.Root;
        for (var layer = tree.Height; layer > 0; layer--)
        {
            ref var current = ref _nodesNow[node];
            node = current.Children[BitOperations.TrailingZeroCount(current.Present)];
        }

        return node;
    }

    /// <summary>The level with the highest price, or −1.</summary>
    public int Last(in LevelTree tree)
    {
        if (tree.Levels == 0)
        {
            return -1;
        }

        var node = tree.Root;
        for (var layer = tree.Height; layer > 0; layer--)
        {
            ref var current = ref _nodesNow[node];
            node = current.Children[LowMask - BitOperations.LeadingZeroCount(current.Present)];
        }

        return node;
    }

    /// <summary>The level with the lowest price above the given one, or −1.</summary>
    public int After(in LevelTree tree, long price)
    {
        if (tree.Levels == 0 || (ulong)price >> (Bits * tree.Height) != 0)
        {
            return -1;
        }

        // Descend along the price; remember the lowest layer at which a later child exists.
        var (node, turn, turnChild, turnShift) = (tree.Root, -1, 0, 0);
        for (var shift = Bits * (tree.Height - 1); shift >= 0; shift -= Bits)
        {
            var child = (int)(price >> shift) & LowMask;
            var later = child == LowMask ? 0 : _nodesNow[node].Present & (ulong.MaxValue << (child + 1));
            if (later != 0)
            {
                (turn, turnChild, turnShift) = (node, BitOperations.TrailingZeroCount(later), shift);
            }

            if ((_nodesNow[node].Present >> child & 1) == 0)
            {
                break;
            }

            node = _nodesNow[node].Children[child];
        }

        if (turn < 0)
        {
            return -1;
        }

        node = _nodesNow[turn].Children[turnChild];
        for (; turnShift > 0; turnShift -= Bits)
        {
            node = _nodesNow[node].Children[BitOperations.TrailingZeroCount(_nodesNow[node].Present)];
        }

        return node;
    }

    /// <summary>The level with the highest price below the given one, or −1.</summary>
    public int Before(in LevelTree tree, long price)
    {
        if (tree.Levels == 0)
        {
            return -1;
        }

        if ((ulong)price >> (Bits * tree.Height) != 0)
        {
            return Last(tree);
        }

        var (node, turn, turnChild, turnShift) = (tree.Root, -1, 0, 0);
        for (var shift = Bits * (tree.Height - 1); shift >= 0; shift -= Bits)
        {
            var child = (int)(price >> shift) & LowMask;
            var earlier = _nodesNow[node].Present & ((1UL << child) - 1);
            if (earlier != 0)
            {
                (turn, turnChild, turnShift) = (node, LowMask - BitOperations.LeadingZeroCount(earlier), shift);
            }

            if ((_nodesNow[node].Present >> child & 1) == 0)
            {
                break;
            }

            node = _nodesNow[node].Children[child];
        }

        if (turn < 0)
        {
            return -1;
        }

        node = _nodesNow[turn].Children[turnChild];
        for (; turnShift > 0; turnShift -= Bits)
        {
            node = _nodesNow[node].Children[LowMask - BitOperations.LeadingZeroCount(_nodesNow[node].Present)];
        }

        return node;
    }

    public void Clear()
    {
        _nodeSlots.Clear();
        _levelSlots.Clear();
    }

    private void Raise(ref LevelTree tree, long price)
    {
        Invariant.Check(price >= 0);
        do
        {
            var root = NewNode();
            if (tree.Levels > 0)
            {
                _nodesNow[root].Present = 1;
                _nodesNow[root].Children[0] = tree.Root;
            }
            else if (tree.Height > 0)
            {
                _nodeSlots.Free(tree.Root);
            }

            tree.Root = root;
            tree.Height++;
        }
        while ((ulong)price >> (Bits * tree.Height) != 0);
    }

    private int AddNode(int parent, int child)
    {
        var node = NewNode();
        _nodesNow[parent].Present |= 1UL << child;
        _nodesNow[parent].Children[child] = node;
        return node;
    }

    private int AddLevel(ref LevelTree tree, int leaf, long price)
    {
        var level = _levelSlots.Allocate();
        _levels.EnsureIndex(level);
        _levelsNow = _levels.Pointer;
        _levelsNow[level] = new PriceLevel { Price = price, Head = -1, Tail = -1, Leaf = leaf };
        _nodesNow[leaf].Present |= 1UL << ((int)price & LowMask);
        _nodesNow[leaf].Children[(int)price & LowMask] = level;
        tree.Levels++;
        return level;
    }

    private int NewNode()
    {
        var node = _nodeSlots.Allocate();
        _nodes.EnsureIndex(node);
        _nodesNow = _nodes.Pointer;
        _nodesNow[node].Present = 0;
        return node;
    }

    // Frees the empty leaf of a price and every ancestor that it leaves empty, but never the root.
    private void Prune(ref LevelTree tree, long price)
    {
        var path = stackalloc int[tree.Height];
        var node = tree.Root;
        for (var layer = tree.Height - 1; layer >= 0; layer--)
        {
            path[layer] = node;
            node = layer == 0 ? node : _nodesNow[node].Children[(int)(price >> (Bits * layer)) & LowMask];
        }

        for (var layer = 0; layer < tree.Height - 1 && _nodesNow[path[layer]].Present == 0; layer++)
        {
            _nodeSlots.Free(path[layer]);
            _nodesNow[path[layer + 1]].Present &= ~(1UL << ((int)(price >> (Bits * (layer + 1))) & LowMask));
        }
    }
}
