import { Budget, Loan } from '../../src/application/budget.js';

describe('the budget', () => {
  it('gives what there is, to each user no more than its share leaves to others', () => {
    const budget = new Budget(1000);
    expect(budget.tryTake(700, 3 / 4)).toBe(true);
    expect(budget.tryTake(51, 3 / 4)).toBe(false);
    expect(budget.tryTake(50, 3 / 4)).toBe(true);
    expect(budget.tryTake(251)).toBe(false);
    expect(budget.tryTake(250)).toBe(true);
    expect(budget.used).toBe(1000);
    budget.give(400);
    expect(budget.isUsed(0.6)).toBe(true);
    expect(budget.isUsed(0.61)).toBe(false);
  });

  it('gives more than there is to who comes alone', () => {
    const budget = new Budget(10);
    expect(budget.tryTake(11, 1 / 2)).toBe(true);
    expect(budget.tryTake(1)).toBe(false);
    budget.give(11);
    expect(budget.used).toBe(0);
  });
});

describe('a loan', () => {
  it('grows and shrinks, is as before when there is no room, and ends with nothing', () => {
    const budget = new Budget(1000);
    const [one, other] = [new Loan(budget, 1 / 2), new Loan(budget, 1)];
    expect(one.hold(300)).toBe(true);
    expect(other.hold(300)).toBe(true);
    expect(one.hold(400)).toBe(false);
    expect(budget.used).toBe(600);
    expect(one.hold(100)).toBe(true);
    expect(budget.used).toBe(400);
    expect(one.hold(200)).toBe(true);
    one.end();
    one.end();
    expect(budget.used).toBe(300);
  });
});
