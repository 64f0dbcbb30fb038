import { Combobox as BaseCombobox } from '@base-ui/react/combobox';
import { Select as BaseSelect } from '@base-ui/react/select';
import { Check, ChevronsUpDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { common } from '../text';
import { cx } from './cx';
import { useFieldControl } from './field';

export interface Option {
  value: string;
  label: string;
  /** A second line, like a balance. */
  about?: string | undefined;
  disabled?: boolean;
}

const POPUP =
  'max-h-[min(20rem,var(--available-height))] w-(--anchor-width) min-w-48 overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-float outline-none';
const ITEM =
  'flex items-center justify-between gap-3 rounded-md px-2.5 py-1.5 outline-none select-none data-highlighted:bg-hover data-disabled:text-ink-3';

const shown = (option: Option): ReactNode => (
  <span className="min-w-0">
    <span className="block truncate">{option.label}</span>
    {option.about && <span className="figures block truncate text-sm text-ink-3">{option.about}</span>}
  </span>
);

interface SelectProps {
  options: readonly Option[];
  value: string | null;
  onChange: (value: string) => void;
  placeholder?: string;
  disabled?: boolean;
  name?: string;
  /** Where there is no field around it. */
  label?: string;
  className?: string;
}

export function Select({
  options,
  value,
  onChange,
  placeholder,
  disabled,
  name,
  label,
  className,
}: SelectProps) {
  const control = useFieldControl();
  const chosen = options.find((option) => option.value === value);
  return (
    <BaseSelect.Root
      items={options as Option[]}
      value={value}
      onValueChange={(next) => next !== null && onChange(next)}
      disabled={disabled ?? false}
      {...(name ? { name } : {})}
    >
      <BaseSelect.Trigger
        {...control}
        aria-label={label}
        className={cx('control flex items-center justify-between gap-2 text-left', className)}
      >
        <BaseSelect.Value className="min-w-0 flex-1">
          {chosen ? shown(chosen) : <span className="text-ink-3">{placeholder ?? common.choose}</span>}
        </BaseSelect.Value>
        <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-ink-3" />
      </BaseSelect.Trigger>
      <BaseSelect.Portal>
        <BaseSelect.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-50">
          <BaseSelect.Popup className={POPUP}>
            {options.map((option) => (
              <BaseSelect.Item
                key={option.value}
                value={option.value}
                disabled={option.disabled ?? false}
                className={ITEM}
              >
                <BaseSelect.ItemText className="min-w-0">{shown(option)}</BaseSelect.ItemText>
                <BaseSelect.ItemIndicator>
                  <Check aria-hidden className="size-4 text-accent" />
                </BaseSelect.ItemIndicator>
              </BaseSelect.Item>
            ))}
          </BaseSelect.Popup>
        </BaseSelect.Positioner>
      </BaseSelect.Portal>
    </BaseSelect.Root>
  );
}

interface ComboboxProps extends Omit<SelectProps, 'onChange'> {
  onChange: (value: string | null) => void;
  /** Where the server searches: called with what is typed, and `options` are its answer. */
  onSearch?: (text: string) => void;
  busy?: boolean;
  empty?: string;
}

export function Combobox({
  options,
  value,
  onChange,
  onSearch,
  placeholder,
  disabled,
  label,
  busy,
  empty,
  className,
}: ComboboxProps) {
  const control = useFieldControl();
  const chosen = options.find((option) => option.value === value) ?? null;
  return (
    <BaseCombobox.Root
      items={options as Option[]}
      value={chosen}
      onValueChange={(next: Option | null) => onChange(next?.value ?? null)}
      isItemEqualToValue={(one: Option, other: Option) => one.value === other.value}
      disabled={disabled ?? false}
      {...(onSearch ? { filter: null, onInputValueChange: onSearch } : {})}
    >
      <div className="relative">
        <BaseCombobox.Input
          {...control}
          aria-label={label}
          placeholder={placeholder ?? common.search}
          className={cx('control pr-9', className)}
        />
        <ChevronsUpDown
          aria-hidden
          className="pointer-events-none absolute top-3 right-3 size-4 text-ink-3"
        />
      </div>
      <BaseCombobox.Portal>
        <BaseCombobox.Positioner sideOffset={4} className="z-50">
          <BaseCombobox.Popup className={POPUP}>
            <BaseCombobox.Empty className="px-2.5 py-2 text-sm text-ink-3 empty:hidden">
              {busy ? common.working : (empty ?? common.nothingFound)}
            </BaseCombobox.Empty>
            <BaseCombobox.List>
              {(option: Option) => (
                <BaseCombobox.Item
                  key={option.value}
                  value={option}
                  disabled={option.disabled ?? false}
                  className={ITEM}
                >
                  {shown(option)}
                  <BaseCombobox.ItemIndicator>
                    <Check aria-hidden className="size-4 text-accent" />
                  </BaseCombobox.ItemIndicator>
                </BaseCombobox.Item>
              )}
            </BaseCombobox.List>
          </BaseCombobox.Popup>
        </BaseCombobox.Positioner>
      </BaseCombobox.Portal>
    </BaseCombobox.Root>
  );
}
