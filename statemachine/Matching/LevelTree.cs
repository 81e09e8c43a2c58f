using System.Numerics;
using System.Runtime.CompilerServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Matching;

/// <summary>An inner node: which of its 64 children hold levels with orders, and where the children are.</summary>
internal unsafe struct LevelNode
{
    /// <summary>Children below which some level has orders.</summary>
    public ulong Present;

    /// <summary>
    /// Children that exist, with orders or without: a child that ran empty stays for the next order near it.
    /// </summary>
    public ulong Allocated;

    public fixed int Children[64];
}

/// <summary>One ordered set of price levels: the root of a tree in <see cref="LevelTrees"/>.</summary>
internal struct LevelTree
{
    /// <summary>The root: a leaf where <see cref="Height"/> is 1, else an inner node.</summary>
    public int Root;

    /// <summary>Layers, leaves included; prices below 64^Height fit. Zero: never used.</summary>
    public int Height;

    /// <summary>Leaves and nodes that exist, to know when sweeping the empty ones pays.</summary>
    public int Leaves;

    /// <summary>Leaves that held orders at the last sweep.</summary>
    public int LeavesKept;
}

/// <summary>
/// Ordered sets of price levels as 64-ary tries over the ticks, as high as the largest price needs. A leaf is 64 levels
/// side by side, so a level is found by one load a layer and an addition, and near prices share lines. Whether a level
/// has orders is unpredictable, so nothing on the way to it asks: bits are set, and levels emptied, without branches.
/// Memory follows the prices in use, not their range: a leaf costs 2 KiB, and empty ones are swept once they outnumber
/// the others. A flat array over the range was refused: any client could make it large.
/// </summary>
internal sealed unsafe class LevelTrees
{
    private const int Bits = 6;
    private const int Fan = 1 << Bits;
    private const int LowMask = Fan - 1;
    private const int LeavesWithoutSweep = 64;

    private readonly NativeArray<LevelNode> _nodes = new(4);
    private readonly NativeArray<PriceLevel> _levels = new(Fan * 4);
    private readonly NativeArray<ulong> _leafBits = new(4);
    private readonly SlotSet _nodeSlots = new();
    private readonly SlotSet _leafSlots = new();

    // Where the arrays stand now.
    private LevelNode* _nodesNow;
    private PriceLevel* _levelsNow;
    private ulong* _leafBitsNow;

    public LevelTrees() => Follow();

    /// <summary>Leaves in use by all trees.</summary>
    public int Leaves => _leafSlots.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref PriceLevel Level(int level) => ref At(_levelsNow, level);

    /// <summary>The level at a price, about to get an order: marked as present up to the root.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Enter(ref LevelTree tree, long price)
    {
        // Unchecked: shifts are below 64, and a price is not negative.
        unchecked
        {
            var shift = Bits * tree.Height;
            if (shift == 0 || (ulong)price >> shift != 0)
            {
                shift = Raise(ref tree, price);
            }

            var node = tree.Root;
            for (shift -= Bits; shift > 0; shift -= Bits)
            {
                var child = ChildOf(price, shift);
                var bit = 1UL << child;
                ref var current = ref At(_nodesNow, node);
                current.Present |= bit;
                node = (current.Allocated & bit) != 0
                    ? ChildAt(ref current, child)
                    : AddChild(ref tree, node, child, price, shift);
            }

            var last = ChildOf(price, 0);
            At(_leafBitsNow, node) |= 1UL << last;
            return (node << Bits) | last;
        }
    }

    /// <summary>Asks for the line of the level at a price, where its leaf exists.</summary>
    /// <returns>The level, or −1. It may belong to another price once the trees have changed.</returns>
    public int Ask(in LevelTree tree, long price)
    {
        unchecked
        {
            var shift = Bits * tree.Height;
            if (shift == 0 || (ulong)price >> shift != 0)
            {
                return -1;
            }

            var node = tree.Root;
            for (shift -= Bits; shift > 0; shift -= Bits)
            {
                var child = ChildOf(price, shift);
                ref var current = ref At(_nodesNow, node);
                if ((current.Allocated >> child & 1) == 0)
                {
                    return -1;
                }

                node = ChildAt(ref current, child);
            }

            return AskLevel((node << Bits) | ChildOf(price, 0));
        }
    }

    private int AskLevel(int level)
    {
        Prefetch.Line(ref At(_levelsNow, level));
        return level;
    }

    /// <summary>Tells that a level may have run empty; it stays where it is.</summary>
    /// <param name="tree">Its tree.</param>
    /// <param name="level">The level.</param>
    /// <param name="gone">1 where it has no orders, else 0.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Leave(ref LevelTree tree, int level, ulong gone)
    {
        ref var bits = ref At(_leafBitsNow, level >> Bits);
        bits &= ~(gone << (level & LowMask));
        if (bits == 0)
        {
            Prune(ref tree, At(_levelsNow, level).Price);
        }
    }

    /// <summary>The level with the lowest price, or −1.</summary>
    public int First(in LevelTree tree)
    {
        if (IsEmpty(in tree))
        {
            return -1;
        }

        return FirstBelow(tree.Root, tree.Height);
    }

    /// <summary>The level with the highest price, or −1.</summary>
    public int Last(in LevelTree tree)
    {
        if (IsEmpty(in tree))
        {
            return -1;
        }

        return LastBelow(tree.Root, tree.Height);
    }

    /// <summary>The level with the lowest price above that of a level of the tree, or −1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int After(in LevelTree tree, int level)
    {
        var later = At(_leafBitsNow, level >> Bits) & (ulong.MaxValue << (level & LowMask) << 1);
        return later != 0
            ? (level & ~LowMask) | BitOperations.TrailingZeroCount(later)
            : AfterLeaf(in tree, At(_levelsNow, level).Price);
    }

    /// <summary>The level with the highest price below that of a level of the tree, or −1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Before(in LevelTree tree, int level)
    {
        var earlier = At(_leafBitsNow, level >> Bits) & ((1UL << (level & LowMask)) - 1);
        return earlier != 0
            ? (level & ~LowMask) | (LowMask - BitOperations.LeadingZeroCount(earlier))
            : BeforeLeaf(in tree, At(_levelsNow, level).Price);
    }

    public void Clear()
    {
        _nodeSlots.Clear();
        _leafSlots.Clear();
    }

    // Unchecked: every index fits, and checked pointer arithmetic multiplies and branches.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref T At<T>(T* start, int index)
        where T : unmanaged
    {
        unchecked
        {
            return ref start[index];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref int ChildAt(ref LevelNode node, int child)
    {
        unchecked
        {
            return ref node.Children[child];
        }
    }

    private static int ChildOf(long price, int shift) => (int)((price >> shift) & LowMask);

    private bool IsEmpty(in LevelTree tree) =>
        tree.Height == 0 || (tree.Height == 1 ? At(_leafBitsNow, tree.Root) : _nodesNow[tree.Root].Present) == 0;

    // A subtree's first level; the subtree has one.
    private int FirstBelow(int node, int height)
    {
        for (var layer = height; layer > 1; layer--)
        {
            node = ChildAt(ref At(_nodesNow, node), BitOperations.TrailingZeroCount(At(_nodesNow, node).Present));
        }

        return (node << Bits) | BitOperations.TrailingZeroCount(At(_leafBitsNow, node));
    }

    private int LastBelow(int node, int height)
    {
        for (var layer = height; layer > 1; layer--)
        {
            ref var inner = ref At(_nodesNow, node);
            node = ChildAt(ref inner, LowMask - BitOperations.LeadingZeroCount(inner.Present));
        }

        return (node << Bits) | (LowMask - BitOperations.LeadingZeroCount(At(_leafBitsNow, node)));
    }

    // Descends to the leaf of a price and remembers the lowest node with a later child.
    private int AfterLeaf(in LevelTree tree, long price)
    {
        var (node, found, foundHeight) = (tree.Root, -1, 0);
        for (var height = tree.Height; height > 1; height--)
        {
            var child = ChildOf(price, Bits * (height - 1));
            var later = At(_nodesNow, node).Present & (ulong.MaxValue << child << 1);
            if (later != 0)
            {
                found = ChildAt(ref At(_nodesNow, node), BitOperations.TrailingZeroCount(later));
                foundHeight = height - 1;
            }

            node = ChildAt(ref At(_nodesNow, node), child);
        }

        return found < 0 ? -1 : FirstBelow(found, foundHeight);
    }

    private int BeforeLeaf(in LevelTree tree, long price)
    {
        var (node, found, foundHeight) = (tree.Root, -1, 0);
        for (var height = tree.Height; height > 1; height--)
        {
            var child = ChildOf(price, Bits * (height - 1));
            var earlier = At(_nodesNow, node).Present & ((1UL << child) - 1);
            if (earlier != 0)
            {
                var nearest = LowMask - BitOperations.LeadingZeroCount(earlier);
                (found, foundHeight) = (ChildAt(ref At(_nodesNow, node), nearest), height - 1);
            }

            node = ChildAt(ref At(_nodesNow, node), child);
        }

        return found < 0 ? -1 : LastBelow(found, foundHeight);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Raise(ref LevelTree tree, long price)
    {
        Invariant.Check(price >= 0);
        if (tree.Height == 0)
        {
            tree.Root = NewLeaf(0);
            tree.Height = 1;
            tree.Leaves = 1;
        }

        while ((ulong)price >> (Bits * tree.Height) != 0)
        {
            var hasOrders = !IsEmpty(in tree);
            var root = NewNode();
            At(_nodesNow, root).Allocated = 1;
            At(_nodesNow, root).Present = hasOrders ? 1UL : 0UL;
            ChildAt(ref At(_nodesNow, root), 0) = tree.Root;
            tree.Root = root;
            tree.Height++;
        }

        return Bits * tree.Height;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int AddChild(ref LevelTree tree, int parent, int child, long price, int shift)
    {
        var added = shift > Bits ? NewNode() : NewLeaf(price & ~(long)LowMask);
        tree.Leaves += shift > Bits ? 0 : 1;
        At(_nodesNow, parent).Allocated |= 1UL << child;
        ChildAt(ref At(_nodesNow, parent), child) = added;
        return added;
    }

    private int NewNode()
    {
        var node = _nodeSlots.Allocate();
        _nodes.EnsureIndex(node);
        Follow();
        At(_nodesNow, node).Present = 0;
        At(_nodesNow, node).Allocated = 0;
        return node;
    }

    private int NewLeaf(long firstPrice)
    {
        var leaf = _leafSlots.Allocate();
        _leafBits.EnsureIndex(leaf);
        _levels.EnsureIndex((leaf << Bits) | LowMask);
        Follow();
        At(_leafBitsNow, leaf) = 0;
        for (var i = 0; i < Fan; i++)
        {
            _levelsNow[(leaf << Bits) | i] = new PriceLevel { Price = firstPrice + i, Head = -1, Tail = -1 };
        }

        return leaf;
    }

    private void Follow()
    {
        _nodesNow = _nodes.Pointer;
        _levelsNow = _levels.Pointer;
        _leafBitsNow = _leafBits.Pointer;
    }

    // A leaf ran empty: clears the bits on the way up, as far as nothing else is present.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Prune(ref LevelTree tree, long price)
    {
        // Bottom up: the parent is found anew for each layer, which there are few of, and mostly only one is pruned.
        var isEmpty = true;
        for (var height = 2; height <= tree.Height && isEmpty; height++)
        {
            var node = tree.Root;
            for (var layer = tree.Height; layer > height; layer--)
            {
                node = ChildAt(ref At(_nodesNow, node), ChildOf(price, Bits * (layer - 1)));
            }

            ref var present = ref At(_nodesNow, node).Present;
            present &= ~(1UL << ChildOf(price, Bits * (height - 1)));
            isEmpty = present == 0;
        }

        // Sweeping visits every leaf; once in as many new leaves as there are, so it is paid for by their making.
        if (tree.Leaves > LeavesWithoutSweep && tree.Leaves > 2 * tree.LeavesKept)
        {
            tree.Leaves = Sweep(tree.Root, tree.Height);
            tree.LeavesKept = Math.Max(tree.Leaves, LeavesWithoutSweep);
        }
    }

    // Frees the children without orders; gives the leaves that are left.
    private int Sweep(int node, int height)
    {
        if (height == 1)
        {
            return 1;
        }

        var left = 0;
        for (var rest = At(_nodesNow, node).Allocated; rest != 0; rest &= rest - 1)
        {
            var child = BitOperations.TrailingZeroCount(rest);
            if ((At(_nodesNow, node).Present >> child & 1) != 0)
            {
                left += Sweep(ChildAt(ref At(_nodesNow, node), child), height - 1);
            }
            else
            {
                Free(ChildAt(ref At(_nodesNow, node), child), height - 1);
                At(_nodesNow, node).Allocated &= ~(1UL << child);
            }
        }

        return left;
    }

    private void Free(int node, int height)
    {
        if (height == 1)
        {
            _leafSlots.Free(node);
            return;
        }

        for (var rest = At(_nodesNow, node).Allocated; rest != 0; rest &= rest - 1)
        {
            Free(ChildAt(ref At(_nodesNow, node), BitOperations.TrailingZeroCount(rest)), height - 1);
        }

        _nodeSlots.Free(node);
    }
}
