import { useQuery } from '@tanstack/react-query';
import { ok } from '../../api/client';
import { useApi } from '../../app/session';

/** What the bank says of itself to everybody. */
export const useInfo = () => {
  const api = useApi();
  return useQuery({ queryKey: ['security-info'], queryFn: () => ok(api.GET('/api/security/info')) });
};
