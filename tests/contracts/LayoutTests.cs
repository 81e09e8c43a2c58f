using System.Text;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Contracts.Tests;

public class LayoutTests
{
    public static TheoryData<Type> Types => [.. Layout.Types];

    [Fact]
    public void Every_layout_is_the_one_in_the_table()
    {
        var text = new StringBuilder();
        foreach (var type in Layout.Types)
        {
            text.Append(type.Name).Append(' ').Append(Layout.SizeOf(type)).Append('\n');
            foreach (var field in Layout.Of(type))
            {
                text.Append($"  {field.Offset,3} {field.Size,3} {field.Name} {field.Type.Name}\n");
            }
        }

        Golden.Check("layouts.txt", text.ToString());
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_byte_belongs_to_exactly_one_field(Type type)
    {
        var next = 0;
        foreach (var field in Layout.Of(type))
        {
            Assert.True(field.Offset == next, $"{type.Name}.{field.Name} stands at {field.Offset}, not at {next}");
            next += field.Size;
        }

        Assert.True(next == Layout.SizeOf(type), $"{type.Name}: {Layout.SizeOf(type) - next} bytes belong to no field");
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Fields_do_not_straddle_words_they_could_stand_in(Type type)
    {
        foreach (var leaf in Layout.LeavesOf(type))
        {
            Assert.Equal(0, leaf.Offset % Math.Min(leaf.Size, 8));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Stated_size_is_the_size(Type type)
    {
        var stated = type.StructLayoutAttribute!.Size;
        Assert.True(stated == 0 || stated == Layout.SizeOf(type), $"{type.Name} states {stated}");
    }

    [Fact]
    public void Machine_writes_the_low_byte_first() => Assert.True(BitConverter.IsLittleEndian);

    [Fact]
    public void Largest_command_and_event_are_as_large_as_stated()
    {
        Assert.Equal(CommandRules.SizeMax, CommandRules.Kinds.ToArray().Max(kind => CommandRules.Of(kind).Size));
        Assert.Equal(EventLayouts.SizeMax, EventLayouts.Kinds.ToArray().Max(EventLayouts.SizeOf));
    }

    [Fact]
    public void Every_command_kind_has_a_rule_and_every_rule_a_kind() =>
        Assert.Equal(
            Enum.GetValues<CommandKind>().Where(kind => kind != CommandKind.None),
            CommandRules.Kinds.ToArray());

    [Fact]
    public void Every_event_kind_has_a_layout_and_every_layout_a_kind() =>
        Assert.Equal(Enum.GetValues<EventKind>().Where(kind => kind != EventKind.None), EventLayouts.Kinds.ToArray());

    [Fact]
    public void Every_number_of_every_enumeration_is_frozen()
    {
        var text = new StringBuilder();
        var enumerations = typeof(CommandKind).Assembly.GetExportedTypes().Where(type => type.IsEnum);
        foreach (var type in enumerations.OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append($"{type.FullName} : {Enum.GetUnderlyingType(type).Name}\n");
            foreach (var value in Enum.GetValues(type))
            {
                text.Append($"  {Convert.ToInt64(value),4} {value}\n");
            }
        }

        Golden.Check("enumerations.txt", text.ToString());
    }
}
